import assert from "node:assert/strict";
import { MailWorld, type Party, RELAY_URL } from "../../tests/fault/mail_world.ts";
import { ownRoutes } from "./routes.ts";
import { StreamWakes } from "./stream_wakes.ts";

async function listening(party: Party): Promise<{ streams: StreamWakes; wakes: () => number }> {
  let wakes = 0;
  const streams = new StreamWakes(party.context, () => wakes++);
  streams.follow(ownRoutes(await party.context.home.readRelayState()));
  await party.clock.settle();
  return { streams, wakes: () => wakes };
}

const asked = ({ net }: MailWorld) =>
  net.requests.filter(({ url }) => url.endsWith("/stream")).length;

Deno.test("lesson 47: a relay that closes at once is asked again after 1, 2, 4 … 30 s", async () => {
  const world = new MailWorld();
  const bob = await world.party("bob");
  world.relay.intercept = () =>
    Promise.resolve(new Response("", { headers: { "content-type": "text/event-stream" } }));
  const { streams } = await listening(bob);
  await bob.clock.advance(900);
  assert.equal(asked(world), 1);
  const counts: number[] = [];
  for (const seconds of [0.4, 2.6, 5.1, 10.1, 20.1, 38, 38]) {
    await bob.clock.advance(seconds * 1_000);
    counts.push(asked(world));
  }
  assert.deepEqual(counts, [2, 3, 4, 5, 6, 7, 8]);
  assert.equal(bob.warnings.length, 1);
  await streams.close();
});

for (const [livedMs, isReset] of [[10_000, "reset"], [8_000, undefined]] as const) {
  const outcome = isReset === undefined ? "goes on with" : "starts anew";
  Deno.test(`lesson 47: a stream that lived for ${livedMs} ms ${outcome} the back-off`, async () => {
    const world = new MailWorld();
    const bob = await world.party("bob");
    const { streams } = await listening(bob);
    for (const seconds of [1.3, 2.6, 5.1]) {
      world.relay.closeStreams();
      await bob.clock.advance(seconds * 1_000);
    }
    assert.equal(asked(world), 4);
    await bob.clock.advance(livedMs);
    world.relay.closeStreams();
    await bob.clock.advance(1_300);
    assert.equal(asked(world), isReset === undefined ? 4 : 5);
    await streams.close();
  });
}

Deno.test("opening and each event wake; a mailbox that is ours no longer is left", async () => {
  const world = new MailWorld();
  const bob = await world.party("bob");
  const { streams, wakes } = await listening(bob);
  assert.equal(wakes(), 1);
  await world.relay.handle(
    new Request(`${RELAY_URL}/v1/events/${bob.slotId}`, {
      method: "POST",
      headers: { authorization: `Bearer ${bob.slotToken}` },
      body: '{"event":{}}',
    }),
  );
  await bob.clock.settle();
  assert.equal(wakes(), 2);
  streams.follow([]);
  await bob.clock.settle();
  assert.equal(world.relay.slots.get(bob.slotId)?.streams.size, 0);
  await streams.close();
});

Deno.test("a refused stream is told once, and its end ends nothing else", async () => {
  const world = new MailWorld();
  const bob = await world.party("bob");
  world.net.fail(RELAY_URL, "connect");
  const { streams, wakes } = await listening(bob);
  await bob.clock.advance(20_000);
  assert.equal(wakes(), 0);
  assert.match(
    bob.warnings.join("\n"),
    /^event stream of http:\/\/relay\.test: connect error: [^\n]*$/,
  );
  world.net.fail(RELAY_URL, undefined);
  await bob.clock.advance(40_000);
  assert.equal(wakes(), 1);
  await streams.close();
});

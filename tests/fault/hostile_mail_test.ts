/**
 * A mailbox into which a peer or a relay has put anything at all: what is good arrives once and in
 * order, what is not goes nowhere, and the reading goes on.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { testRuns } from "../runs.ts";
import { badEvents } from "./hostile_replies.ts";
import { assertDecent, loadEverything, type Ran, runWire } from "./hostile_run.ts";
import { eventFrom, MailWorld, type Party, received } from "./mail_world.ts";

await loadEverything();

async function worldWithBadMail() {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const mallory = await world.party("mallory");
  const good = Array.from({ length: 12 }, (_, n) => eventFrom(alice, bob, { body: `good ${n}` }));
  return { world, alice, bob, good, bad: badEvents(alice, bob, mallory) };
}

const pullAll = ({ platform }: Party): Promise<Ran> => runWire(["pull", "--json"], platform);

Deno.test("lesson 2, P3: among every kind of bad event each good one arrives once, and the cursor is at the end", async () => {
  const { world, alice, bob, good, bad } = await worldWithBadMail();
  for (const [at, text] of bad.entries()) {
    world.relay.plant(bob.slotId, text);
    const event = good[at % good.length];
    // Each good one comes several times, as a relay that restarts repeats it.
    if (event !== undefined) world.relay.plant(bob.slotId, event.text);
  }
  const last = eventFrom(alice, bob, { body: "last" });
  world.relay.plant(bob.slotId, last.text);
  const ran = await pullAll(bob);
  assertDecent(ran, [bob.slotToken, alice.slotToken]);
  assert.equal(ran.exitCode, 0, ran.stderr);
  const wanted = [...good.map((_, n) => `good ${n}`), "last"];
  assert.deepEqual(received(bob, "alice"), wanted);
  const report = JSON.parse(ran.stdout);
  assert.equal(report.cursor_advanced_to, last.id);
  assert.equal(report.written.length, wanted.length);
  const inboxes = await bob.disk.list("/bob/state/wire/inbox");
  assert.deepEqual(inboxes, ["alice.jsonl"]);
  assert.deepEqual(
    Object.keys(bob.disk.texts()).filter((path) => !path.startsWith("/bob/")),
    [],
    "nothing is written outside the home",
  );
  const again = JSON.parse((await pullAll(bob)).stdout);
  assert.deepEqual([again.written, again.total_seen], [[], 0]);
});

Deno.test("P3: in any order and company, good events arrive once and in their order", async () => {
  const { bad } = await worldWithBadMail();
  const pick = fc.array(fc.nat(bad.length - 1), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(pick, fc.nat(11), async (picked, count) => {
      const { world, bob, good, bad: events } = await worldWithBadMail();
      const sent = good.slice(0, count);
      for (const event of sent) world.relay.plant(bob.slotId, event.text);
      const slot = world.relay.slots.get(bob.slotId);
      for (const [at, index] of picked.entries()) {
        const text = events[index] ?? "null";
        slot?.events.splice((index + at) % (slot.events.length + 1), 0, { id: undefined, text });
      }
      const ran = await pullAll(bob);
      assert.equal(ran.exitCode, 0, ran.stderr);
      assert.deepEqual(received(bob, "alice"), sent.map((_, n) => `good ${n}`));
    }),
    { numRuns: testRuns(30) },
  );
});

Deno.test("P1: a page that is none, however it breaks, leaves cursor and inbox; the next one delivers all", async () => {
  const { world, bob, good } = await worldWithBadMail();
  for (const event of good) world.relay.plant(bob.slotId, event.text);
  const page = `[${good.map((event) => event.text).join(",")}]`;
  const relayState = "/bob/config/wire/relay.json";
  const before = bob.disk.texts()[relayState];
  const broken = [
    ...[1, 100, page.length >> 1, page.length - 1].map((length) => page.slice(0, length)),
    page.replace("]", "[".repeat(10_000) + "]".repeat(10_000) + "]"),
    page.replace('"good 3"', '"\\ud800"'),
    `{"events":${page}}`,
    `[${Array(1_001).fill("null").join(",")}]`,
    page + page,
  ];
  for (const text of broken) {
    world.relay.intercept = () => Promise.resolve(new Response(text));
    const ran = await pullAll(bob);
    assertDecent(ran, [bob.slotToken]);
    assert.equal(ran.exitCode, 0);
    assert.match(
      ran.stderr,
      /^pull from http:\/\/relay\.test: list_events at .*: bad reply: [^\n]+\n$/,
    );
    assert.equal(bob.disk.texts()[relayState], before);
    assert.deepEqual(received(bob, "alice"), []);
  }
  world.relay.intercept = () => Promise.resolve(undefined);
  await pullAll(bob);
  assert.deepEqual(received(bob, "alice"), good.map((_, n) => `good ${n}`));
});

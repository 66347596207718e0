import assert from "node:assert/strict";
import { eventFrom, MailWorld, NEVER } from "../../tests/fault/mail_world.ts";
import { Puller } from "./puller.ts";
import { Pusher } from "./pusher.ts";
import { ownRoutes } from "./routes.ts";
import { Outbox } from "../../store/mail/outbox.ts";

Deno.test("what is stored, or put aside, is told once, and only then", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const mallory = await world.party("mallory");
  const [good, bad] = [eventFrom(alice, bob), eventFrom(mallory, bob)];
  const told: string[] = [];
  const puller = new Puller(bob.context, bob.identity, {
    onNews: ({ written, rejected }) => {
      const inbox = bob.disk.texts()["/bob/state/wire/inbox/alice.jsonl"] ?? "";
      for (const { event_id } of written) {
        assert.ok(inbox.includes(event_id));
        told.push(event_id);
      }
      for (const { event_id } of rejected) told.push(`not ${event_id}`);
    },
  });
  const [route] = ownRoutes(await bob.context.home.readRelayState());
  assert.ok(route !== undefined);
  const relay = bob.context.relay(route.relayUrl);
  for (const { text } of [good, bad]) await relay.postEvent(route.slotId, route.slotToken, text);
  await puller.round({ signal: NEVER });
  await puller.round({ signal: NEVER });
  assert.deepEqual(told, [good.id, `not ${bad.id}`]);
});

Deno.test("what is being stored when a round ends is told then, and counted in the next one", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const event = eventFrom(alice, bob);
  world.relay.plant(bob.slotId, event.text);
  const [begun, free] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const append = bob.disk.append.bind(bob.disk);
  bob.disk.append = async (...args) => {
    begun.resolve();
    await free.promise;
    return await append(...args);
  };
  const told: string[] = [];
  const puller = new Puller(bob.context, bob.identity, {
    onNews: ({ written }) => void told.push(...written.map(({ event_id }) => event_id)),
  });
  const first = await puller.round({ signal: NEVER, until: begun.promise });
  assert.deepEqual([first.written, told], [[], []]);
  free.resolve();
  const second = await puller.round({ signal: NEVER });
  assert.deepEqual(second.written, [{ event_id: event.id, from: "alice" }]);
  assert.equal(second.totalSeen, 1);
  assert.deepEqual(told, [event.id]);
});

Deno.test("a message is told as stored when the journal has it", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const event = eventFrom(alice, bob);
  const { stateRoot } = alice.context.home.paths;
  await new Outbox({ files: alice.disk, stateRoot }).enqueue(bob.handle, event);
  const told: string[] = [];
  const pusher = new Pusher(alice.context, alice.identity, {
    onStored: (peer, id) => {
      const journal = Object.entries(alice.disk.texts())
        .find(([path]) => path.endsWith("/delivery/bob.jsonl"))?.[1] ?? "";
      assert.ok(journal.includes(id));
      told.push(`${peer} ${id}`);
    },
  });
  await pusher.round({ signal: NEVER });
  await pusher.round({ signal: NEVER });
  assert.deepEqual(told, [`bob ${event.id}`]);
});

import assert from "node:assert/strict";
import { eventFrom, MailWorld, neverTold, type Party } from "../../tests/fault/mail_world.ts";
import { FaultFiles } from "../../platform/fault_files.ts";
import { parseEvent, type WireEvent } from "../../protocol/event/event.ts";
import { InboxWriter } from "../../store/mail/inbox.ts";
import { createContext } from "../context.ts";
import { monitor } from "./monitor.ts";

type Input = Parameters<typeof monitor.stream>[1];

/** A monitor of bob's whose items a test takes one by one. */
function watching(bob: Party, input: Partial<Input> = {}, context = bob.context) {
  const stop = new AbortController();
  const all = { intervalMs: 500, replay: 0, ...input };
  const items = monitor.stream(context, all, stop.signal)[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await items.next();
    assert.ok(!done, "the monitor ended");
    assert.ok("body_preview" in value, "the monitor stopped");
    return value;
  };
  return { stop, items, next };
}

const inboxOf = ({ disk, platform: { databases }, context: { home } }: Party) =>
  new InboxWriter({ files: disk, databases, stateRoot: home.paths.stateRoot });

const store = (bob: Party, from: Party, ...events: WireEvent[]) =>
  inboxOf(bob).store(from.handle, events);

Deno.test("a message is shown as it arrives, in the record of 0.5.19, and what was there is not", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  await store(bob, alice, eventFrom(alice, bob, { body: "old" }));
  const { stop, items, next } = watching(bob);
  const first = next();
  await bob.clock.settle();
  const event = eventFrom(alice, bob, { body: { exact: [1] } });
  await store(bob, alice, event);
  const item = await first;
  assert.deepEqual(Object.entries(item).slice(0, 6), [
    ["peer", "alice"],
    ["event_id", event.id],
    ["kind", "claim"],
    ["body_preview", '{"exact":[1]}'],
    ["verified", true],
    ["timestamp", event.value.timestamp],
  ]);
  assert.deepEqual(item.raw, event.value);
  stop.abort();
  assert.ok((await items.next()).done);
});

Deno.test("S20: noise is hidden unless asked for, other peers with --peer, and the unverified are marked", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const carol = await world.party("carol");
  const beat = eventFrom(alice, bob, { type: "heartbeat", kind: 100, body: null });
  const quiet = watching(bob, { peer: "alice@relay.test" });
  const noisy = watching(bob, { includeHandshake: true });
  const [one, two] = [quiet.next(), noisy.next()];
  await bob.clock.settle();
  await store(bob, carol, eventFrom(carol, bob, { body: "x".repeat(130) }));
  await store(bob, alice, beat, eventFrom(alice, bob, { body: "shown" }));
  const seen = [await two, await noisy.next(), await noisy.next()];
  assert.equal((await one).body_preview, "shown");
  assert.deepEqual(
    seen.map(({ peer, kind, verified }) => [peer, kind, verified]).sort(),
    [["alice", "claim", true], ["alice", "heartbeat", true], ["carol", "claim", false]],
  );
  assert.equal(seen.find(({ peer }) => peer === "carol")?.body_preview, "x".repeat(120));
  for (const { stop, items } of [quiet, noisy]) {
    stop.abort();
    assert.ok((await items.next()).done);
  }
});

Deno.test("--replay gives the newest, verified for what they are, and then goes on without a gap", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const carol = await world.party("carol");
  const at = (second: number) => `2026-01-01T00:00:0${second}Z`;
  const of = (from: Party, body: string, second: number) =>
    eventFrom(from, bob, { body, timestamp: at(second) });
  await store(bob, alice, of(alice, "1", 1), of(alice, "4", 4), of(alice, "2", 2));
  await store(bob, carol, of(carol, "3", 3));
  const { stop, items, next } = watching(bob, { replay: 3 });
  const replayed = [await next(), await next(), await next()];
  assert.deepEqual(replayed.map(({ body_preview, verified }) => [body_preview, verified]), [
    ["2", true],
    ["3", false],
    ["4", true],
  ]);
  await store(bob, alice, of(alice, "5", 5));
  assert.equal((await next()).body_preview, "5");
  stop.abort();
  assert.ok((await items.next()).done);
});

Deno.test("a line that is being written waits for its end, a torn one is passed over", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const file = inboxOf(bob).path(alice.handle);
  const [one, two] = [eventFrom(alice, bob, { body: "1" }), eventFrom(alice, bob, { body: "2" })];
  await store(bob, alice, eventFrom(alice, bob, { body: "0" }));
  const half = one.text.length >> 1;
  await bob.disk.writeAtomic(file, `${bob.disk.texts()[file]}${one.text.slice(0, half)}`, {
    point: "test",
  });
  const { stop, items, next } = watching(bob);
  const first = next();
  await bob.clock.settle();
  const soFar = bob.disk.texts()[file] ?? "";
  await bob.disk.writeAtomic(file, `${soFar}${one.text.slice(half)}\n`, { point: "test" });
  assert.equal((await first).body_preview, "1");
  await bob.disk.append(file, '{"torn":', { point: "test" });
  await store(bob, alice, two);
  assert.equal((await next()).body_preview, "2");
  stop.abort();
  assert.ok((await items.next()).done);
});

Deno.test("without a watch the interval finds it; a missing inbox is told and waited for", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const disk = bob.disk;
  disk.watch = neverTold;
  const { stop, items, next } = watching(bob, { intervalMs: 1 });
  const first = next();
  await bob.clock.untilSleeping();
  await store(bob, alice, eventFrom(alice, bob, { body: "late" }));
  await bob.clock.advance(50);
  assert.equal((await first).body_preview, "late");
  stop.abort();
  assert.ok((await items.next()).done);
});

Deno.test("lesson 54: a monitor that cannot go on says so on stdout, and fails", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const files = new FaultFiles(bob.disk);
  const context = createContext({ ...bob.platform, files }, { warn: () => {} });
  const { items } = watching(bob, {}, context);
  const first = items.next();
  await bob.clock.settle();
  files.unreadable(inboxOf(bob).path(alice.handle));
  await store(bob, alice, eventFrom(alice, bob));
  const { value } = await first;
  assert.match(
    value !== undefined && "stopped" in value ? value.stopped : "",
    /^Cannot read .*alice/,
  );
  await assert.rejects(items.next(), { code: "unreadable" });
});

Deno.test("hostile fields stay data: one item each, whatever they hold", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const { stop, items, next } = watching(bob);
  const first = next();
  await bob.clock.settle();
  const text = '{"body":null,"event_id":7,"kind":1.50,"timestamp":["\\u001b[2J"]}';
  await store(bob, alice, parseEvent(text));
  assert.deepEqual({ ...await first, raw: undefined }, {
    peer: "alice",
    event_id: "",
    kind: "1.50",
    body_preview: "null",
    verified: false,
    timestamp: "",
    raw: undefined,
  });
  stop.abort();
  assert.ok((await items.next()).done);
});

import assert from "node:assert/strict";
import { FakeClock } from "../../platform/fake/clock.ts";
import { MemoryFiles } from "../../platform/fake/memory_files.ts";
import { parseEvent, type WireEvent } from "../../protocol/event/event.ts";
import { type Handle, isHandle } from "../../protocol/ids.ts";
import { countMail } from "./kept_counts.ts";
import { Outbox } from "./outbox.ts";
import { OutboxFollower } from "./outbox_follower.ts";
import type { Place } from "./outbox_position.ts";

function handle(text: string): Handle {
  assert.ok(isHandle(text));
  return text;
}

const bob = handle("bob");

function fresh() {
  const clock = new FakeClock();
  const files = new MemoryFiles({ clock });
  return { clock, files, outbox: new Outbox({ files, stateRoot: "/s" }) };
}

const signed = (clock: FakeClock, body: unknown): WireEvent =>
  parseEvent(JSON.stringify({
    body,
    event_id: "e".repeat(64),
    signature: "s",
    timestamp: clock.timestamp(),
  }));

const sameBody = (event: WireEvent) => (other: WireEvent) => other.value.body === event.value.body;

Deno.test("ruling 4: an equal message within the window is the same one, after it another", async () => {
  const { clock, outbox } = fresh();
  const first = signed(clock, "x");
  await outbox.enqueue(bob, first);
  await clock.advance(60_000);
  const retry = signed(clock, "x");
  const isRepeat = sameBody(retry);
  const within = await outbox.enqueue(bob, retry, { sinceMs: clock.now() - 120_000, isRepeat });
  assert.equal(within.tag === "already_queued" && within.earlier.text, first.text);
  const after = await outbox.enqueue(bob, retry, { sinceMs: clock.now() - 30_000, isRepeat });
  assert.equal(after.tag, "queued");
});

Deno.test("a repeat is found behind many later lines, and lines of agents disturb nobody", async () => {
  const { clock, files, outbox } = fresh();
  await outbox.enqueue(bob, signed(clock, "old"));
  await clock.advance(1_000_000);
  const wanted = signed(clock, "wanted");
  await outbox.enqueue(bob, wanted);
  for (
    const line of ["not json", '{"signature":"s","a":1,"a":2,"timestamp":"2026-01-01T00:20:00Z"}']
  ) {
    await files.append(outbox.path(bob), `${line}\n`, { point: "test" });
  }
  for (let number = 0; number < 300; number++) {
    await outbox.enqueue(bob, signed(clock, `${number}`.repeat(300)));
  }
  const repeat = { sinceMs: clock.now() - 120_000, isRepeat: sameBody(wanted) };
  assert.equal((await outbox.enqueue(bob, wanted, repeat)).tag, "already_queued");
  const old = { ...repeat, isRepeat: (event: WireEvent) => event.value.body === "old" };
  assert.equal((await outbox.enqueue(bob, wanted, old)).tag, "queued");
});

Deno.test("files that are named after no handle are told, and counted lines are those not blank", async () => {
  const { clock, files, outbox } = fresh();
  await outbox.enqueue(bob, signed(clock, 1));
  await files.append(outbox.path(bob), "   \n\nx\ntail", { point: "test" });
  await files.append(`${outbox.directory}/bob@relay.example.jsonl`, "{}\n", { point: "test" });
  assert.deepEqual(await outbox.peers(), [bob]);
  assert.deepEqual(await outbox.strangeFiles(), ["bob@relay.example"]);
  const nothing = { files: 0, events: 0 };
  const counts = { inbox: nothing, outbox: { files: 1, events: 3 } };
  assert.deepEqual(await countMail(files, "/s"), counts);
});

Deno.test("ruling 1: a grown file is read from where it was, a rewritten one from its start", async () => {
  const { clock, files, outbox } = fresh();
  const read = async (follower: OutboxFollower) =>
    (await Array.fromAsync(follower.lines())).map((line) => line.text);
  await files.ensureDirectory(outbox.directory);
  await files.append(outbox.path(bob), "one\ntwo\n", { point: "test" });
  const follower = new OutboxFollower(bob, { files, stateRoot: "/s" });
  assert.deepEqual(await read(follower), ["one", "two"]);
  assert.ok(!await follower.hasChanged());
  await follower.save([], 1);
  await files.append(outbox.path(bob), "three\n", { point: "test" });
  assert.ok(await follower.hasChanged());
  const restarted = new OutboxFollower(bob, { files, stateRoot: "/s" });
  assert.deepEqual(await restarted.resume(), []);
  assert.equal(restarted.offset, 8);
  assert.equal(await restarted.check(), "grown");
  assert.deepEqual(await read(restarted), ["three"]);
  await files.writeAtomic(outbox.path(bob), "ONE\ntwo\nthree\nfour\n", { point: "test" });
  await clock.advance(1);
  assert.equal(await restarted.check(), "rewritten");
  assert.deepEqual(await read(restarted), ["ONE", "two", "three", "four"]);
  await files.writeAtomic(outbox.path(bob), "x\n", { point: "test" });
  const unknown = await new OutboxFollower(bob, { files, stateRoot: "/s" }).resume();
  assert.equal(unknown, undefined);
  assert.equal(await restarted.check(), "rewritten");
});

Deno.test("a place in the outbox is saved past messages that nobody takes, and they are listed", async () => {
  const { files, outbox } = fresh();
  await files.ensureDirectory(outbox.directory);
  const lines = Array.from({ length: 1_005 }, (_, number) => `line ${number}\n`);
  await files.append(outbox.path(bob), lines.join(""), { point: "test" });
  const follower = new OutboxFollower(bob, { files, stateRoot: "/s" });
  const places: Place[] = [];
  for await (const { offset, end } of follower.lines()) {
    places.push({ offset, length: end - offset - 1 });
  }
  await follower.save(places.slice(2, 4), 1);
  const after = new OutboxFollower(bob, { files, stateRoot: "/s" });
  assert.deepEqual(await after.resume(), places.slice(2, 4));
  assert.equal(after.offset, follower.offset);
  const many = new OutboxFollower(bob, { files, stateRoot: "/s" });
  await Array.fromAsync(many.lines());
  await many.save(places, 1);
  const behind = new OutboxFollower(bob, { files, stateRoot: "/s" });
  assert.equal((await behind.resume())?.length, 1_000);
  assert.equal(behind.offset, places[1_000]?.offset, "what cannot be listed is read again");
});

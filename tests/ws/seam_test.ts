/**
 * The seam between the backlog and what is live, raced: whatever order store, posters, acks and
 * disconnections come in, nothing falls between and nothing comes twice.
 */
import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import fc from "fast-check";
import { testRuns } from "../runs.ts";
import type { Slot } from "../relay/relay_world.ts";
import { GatedStore } from "./gated_store.ts";
import { type Client, SocketWorld } from "./socket_world.ts";

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
const upTo = (last: number): number[] => Array.from({ length: last }, (_, i) => i + 1);
const seqsOf = (client: Client): number[] => client.got().map(({ seq }) => seq);

/** Posts one event each, in order; its number is its place. */
class Poster {
  posted = 0;

  constructor(readonly world: SocketWorld, readonly slot: Slot) {}

  async post(): Promise<void> {
    const n = ++this.posted;
    const { status } = await this.world.post(this.slot, `{"event_id":"e${n}","n":${n}}`);
    assert.equal(status, 201);
  }
}

Deno.test("ws seam: events stored during an open come once, whenever the store answers", async () => {
  const posts = fc.array(fc.nat(3), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.nat(6),
      fc.nat(8),
      posts,
      async (s, before, since, more) => {
        const store = new GatedStore();
        await using world = new SocketWorld({}, { store });
        const slot = await world.slot();
        const poster = new Poster(world, slot);
        for (let n = 0; n < before; n++) await poster.post();
        store.atLook = () => s.schedule(Promise.resolve(), "look");
        store.atRead = (when) => s.schedule(Promise.resolve(), `read ${when}`);
        const client = world.connect();
        const from = Math.min(since, before);
        client.send({
          op: "open",
          ref: 1,
          slot: slot.id,
          token: slot.token,
          ...(from % 2 === 0 ? { since_seq: from } : { since: `e${from}` }),
        });
        const posting = s.scheduleSequence(more.map((count, i) => ({
          label: `post ${i}`,
          async builder() {
            for (let n = 0; n < count; n++) await poster.post();
          },
        })));
        await s.waitAll();
        await posting.task;
        const isDone = () =>
          client.got().length >= poster.posted - from && client.ops.includes("live");
        for (let turns = 0; turns < 200 && !isDone(); turns++) {
          await turn();
          await s.waitAll();
        }
        await turn();
        await s.waitAll();
        assert.deepEqual(seqsOf(client), upTo(poster.posted).slice(from));
        const [first] = client.frames;
        assert.equal(first?.["op"], "opened");
        assert.equal(client.ops.filter((op) => op === "live").length, 1);
        const beforeLive = client.frames.slice(0, client.ops.indexOf("live"))
          .flatMap(({ events }) => Array.isArray(events) ? events : []);
        assert.equal(beforeLive.length, first["count"], "live stands after exactly the backlog");
      },
    ),
    { numRuns: testRuns(150) },
  );
});

Deno.test("ws seam: slow readers, small windows and full sockets change nothing in the order", async () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ tag: fc.constant("post" as const), n: fc.nat(3) }) },
    { weight: 3, arbitrary: fc.record({ tag: fc.constant("ack" as const), n: fc.nat(9) }) },
    { weight: 2, arbitrary: fc.record({ tag: fc.constant("fill" as const), n: fc.nat(1) }) },
    { weight: 2, arbitrary: fc.record({ tag: fc.constant("turn" as const), n: fc.nat(2) }) },
  );
  const windows = fc.record({
    windowEvents: fc.integer({ min: 1, max: 6 }),
    windowBytes: fc.integer({ min: 20, max: 200 }),
    windowConnectionBytes: fc.integer({ min: 20, max: 300 }),
    windowRelayBytes: fc.integer({ min: 20, max: 400 }),
  });
  await fc.assert(
    fc.asyncProperty(windows, fc.array(step, { maxLength: 60 }), async (limits, steps) => {
      await using world = new SocketWorld({ ...limits, maxBufferedBytes: 10 });
      const slot = await world.slot();
      const poster = new Poster(world, slot);
      const readers = [world.connect(), world.connect()];
      for (const reader of readers) await reader.open(slot);
      for (const [i, { tag, n }] of steps.entries()) {
        const reader = readers[i % 2];
        assert.ok(reader);
        if (tag === "post") { for (let k = 0; k < n; k++) await poster.post(); }
        const last = reader.got().at(-1)?.seq ?? 0;
        if (tag === "ack") reader.ack(slot, Math.max(0, last - n));
        if (tag === "fill" && n === 1) reader.socket.bufferedBytes = 11;
        if (tag === "fill" && n === 0) reader.socket.drain();
        if (tag === "turn") { for (let k = 0; k < n; k++) await turn(); }
        const seqs = seqsOf(reader);
        assert.deepEqual(seqs, upTo(seqs.length), "no gap and no repeat on the way");
        const acked = reader.got().length;
        assert.ok(acked <= poster.posted);
      }
      for (const reader of readers) reader.socket.drain();
      for (let round = 0; round <= 4 * poster.posted + 4; round++) {
        for (const reader of readers) reader.ack(slot, reader.got().at(-1)?.seq ?? 0);
        await turn();
      }
      for (const reader of readers) {
        assert.deepEqual(seqsOf(reader), upTo(poster.posted));
        assert.ok(!reader.ops.includes("error"));
      }
    }),
    { numRuns: testRuns(100) },
  );
});

Deno.test("ws seam: who comes back at the last event they have misses nothing and repeats nothing", async () => {
  const lives = fc.array(fc.record({ posts: fc.nat(5), takes: fc.nat(6) }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(lives, fc.boolean(), async (plan, bySeq) => {
      await using world = new SocketWorld({ opensPerMinute: 100 });
      const slot = await world.slot();
      const poster = new Poster(world, slot);
      const kept: number[] = [];
      for (const { posts, takes } of [...plan, { posts: 0, takes: Infinity }]) {
        const last = kept.at(-1);
        const since = bySeq
          ? { since_seq: last ?? 0 }
          : { since: last === undefined ? null : `e${last}` };
        const client = world.connect();
        const opened = client.open(slot, since);
        for (let n = 0; n < posts; n++) await poster.post();
        assert.equal((await opened)["reset"], undefined);
        const wanted = Math.min(takes, poster.posted - kept.length);
        kept.push(...(await client.untilEvents(wanted)).slice(0, wanted).map(({ seq }) => seq));
        client.events.closed(1006);
      }
      assert.deepEqual(kept, upTo(poster.posted));
    }),
    { numRuns: testRuns(60) },
  );
});

Deno.test("lesson 46: ws seam: a reader that takes nothing delays nobody and costs no memory", async () => {
  const store = new GatedStore();
  await using world = new SocketWorld({}, { store });
  const slot = await world.slot();
  const [slow, quick, poster] = [world.connect(), world.connect(), world.connect()];
  await slow.open(slot);
  await quick.open(slot);
  slow.socket.bufferedBytes = 2 * 1024 * 1024;
  const body = `"${"x".repeat(1_000)}"`;
  for (let batch = 1; batch <= 40; batch++) {
    await poster.publish(slot, Array(100).fill(body));
    await quick.untilEvents(batch * 100);
    quick.ack(slot, batch * 100);
  }
  assert.equal(slow.got().length, 0);
  assert.equal(slow.socket.sentBytes < 1_000 ? "little" : "much", "little");
  slow.socket.drain();
  await slow.untilEvents(1_000);
  slow.ack(slot, 1_000);
  assert.deepEqual(seqsOf(slow).slice(0, 1_000), upTo(1_000));
});

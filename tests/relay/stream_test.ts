/** Server-sent events: docs/protocol/relay.md §5.7. */
import assert from "node:assert/strict";
import { StreamQueue } from "../../relay/stream_queue.ts";
import { RelayWorld, type Slot } from "./relay_world.ts";

const DECODER = new TextDecoder();

class Listener implements AsyncDisposable {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(readonly response: Response) {
    assert.ok(response.body);
    this.#reader = response.body.getReader();
  }

  /** The next chunk, or undefined at the end. */
  async next(): Promise<string | undefined> {
    const { done, value } = await this.#reader.read();
    return done ? undefined : DECODER.decode(value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.cancel();
  }
}

const listen = async (world: RelayWorld, slot: Slot): Promise<Listener> =>
  new Listener(await world.response(`/v1/events/${slot.id}/stream`, { token: slot.token }));

Deno.test("relay stream: each stored event is one message, duplicates and history are none", async () => {
  await using world = new RelayWorld();
  const slot = await world.slot();
  const other = await world.slot();
  await world.post(slot, '{"event_id":"before"}');
  await using listener = await listen(world, slot);
  assert.equal(listener.response.headers.get("content-type"), "text/event-stream");
  assert.equal(listener.response.headers.get("cache-control"), "no-cache");
  await world.post(slot, '{"z":1, "event_id":"e1", "body":"line1\\nline2"}');
  assert.equal(await listener.next(), 'data: {"body":"line1\\nline2","event_id":"e1","z":1}\n\n');
  await world.post(slot, '{"event_id":"e1"}');
  await world.post(slot, '{"event_id":"before"}');
  await world.post(other, '{"event_id":"elsewhere"}');
  await world.post(slot, '{"event_id":"e2"}');
  assert.equal(await listener.next(), 'data: {"event_id":"e2"}\n\n');
});

Deno.test("relay stream: a comment comes 30 s after the last message or comment", async () => {
  await using world = new RelayWorld();
  const slot = await world.slot();
  await using listener = await listen(world, slot);
  await world.clock.advance(1_000);
  await world.post(slot, '{"event_id":"e1"}');
  assert.match(await listener.next() ?? "", /^data: /);
  const seen: string[] = [];
  const reading = (async () => {
    for (let i = 0; i < 3; i++) seen.push(await listener.next() ?? "end");
  })();
  await world.clock.advance(29_999);
  assert.deepEqual(seen, []);
  await world.clock.advance(1);
  assert.equal(seen.length, 1);
  assert.match(seen[0] ?? "", /^:[^\n]*\n\n$/);
  await world.clock.advance(30_000);
  assert.equal(seen.length, 2);
  await world.clock.advance(30_000);
  await reading;
});

Deno.test("lesson 47: too many streams are 503, dead ones make room, a stop ends all", async () => {
  await using world = new RelayWorld({ maxStreamsPerSlot: 2, maxStreams: 3 });
  const [slot, other] = [await world.slot(), await world.slot()];
  const status = async (to: Slot) => {
    const response = await world.response(`/v1/events/${to.id}/stream`, { token: to.token });
    if (response.status !== 503) await response.body?.cancel();
    else await response.text();
    return response.status;
  };
  const first = await listen(world, slot);
  await using second = await listen(world, slot);
  assert.equal(await status(slot), 503);
  assert.equal(await status(other), 200, "and gone at once");
  await using third = await listen(world, other);
  assert.equal(await status(other), 503, "the relay's own bound");
  await first[Symbol.asyncDispose]();
  assert.equal(await status(slot), 200);
  world.relay.endStreams();
  assert.equal(await second.next(), undefined);
  assert.equal(await third.next(), undefined);
});

Deno.test("P8: a stream that is not read is cut at its bound", async () => {
  const queue = new StreamQueue(10);
  queue.push(new Uint8Array(6));
  assert.ok(!queue.ended.aborted);
  queue.push(new Uint8Array(6));
  assert.ok(queue.ended.aborted, "it would be 12 bytes");
  assert.equal((await queue.next()).value?.length, 6, "what was queued is delivered");
  assert.ok((await queue.next()).done);
});

Deno.test("relay stream: a reader who leaves while waiting is let go", async () => {
  const queue = new StreamQueue(10);
  const waiting = queue.next();
  await queue.return();
  assert.ok((await waiting).done);
  queue.push(new Uint8Array(1));
  assert.ok((await queue.next()).done);
});

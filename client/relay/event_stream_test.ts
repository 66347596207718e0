import assert from "node:assert/strict";
import fc from "fast-check";
import { TransportError } from "../../platform/transport_error.ts";
import { isSlotId, isSlotToken, parseRelayUrl } from "../../protocol/ids.ts";
import { testRuns } from "../../tests/runs.ts";
import { fakeWorld, RELAY } from "../fake/world.ts";
import { RelayClient } from "../relay_client.ts";
import { SseLines } from "./sse.ts";

const SLOT = "5".repeat(32);
const TOKEN = "f".repeat(64);
const STREAM = { "content-type": "text/event-stream" };

/** A relay that streams what the test feeds it. */
function streamingRelay(headers: Record<string, string> = STREAM) {
  const world = fakeWorld();
  const fed: { controller?: ReadableStreamDefaultController<Uint8Array> } = {};
  let isLeft = false;
  world.platform.net.serve(RELAY, () =>
    new Response(
      new ReadableStream({
        start: (controller) => void (fed.controller = controller),
        cancel: () => void (isLeft = true),
      }),
      { headers },
    ));
  const url = parseRelayUrl(RELAY);
  assert.ok(url !== undefined && isSlotId(SLOT) && isSlotToken(TOKEN));
  const abort = new AbortController();
  const stream = new RelayClient(url, world.platform).stream(SLOT, TOKEN, abort.signal);
  return {
    signals: stream[Symbol.asyncIterator](),
    clock: world.platform.clock,
    feed: (text: string) => fed.controller?.enqueue(new TextEncoder().encode(text)),
    end: () => fed.controller?.close(),
    break: () => fed.controller?.error(new TypeError("connection reset")),
    abort: () => abort.abort(),
    get isLeft() {
      return isLeft;
    },
  };
}

type Streaming = ReturnType<typeof streamingRelay>;

const next = async ({ signals }: Streaming): Promise<string> => {
  const { done, value } = await signals.next();
  return done ? "end" : value.tag;
};

Deno.test("a stream opens, wakes at data, lives by comments, and ends as the relay ends it", async () => {
  const relay = streamingRelay();
  assert.equal(await next(relay), "open");
  relay.feed('data: {"event_id":"a"}\n\n');
  assert.equal(await next(relay), "wake");
  relay.feed(": phyllis: still on the line\n\n");
  assert.equal(await next(relay), "keepalive");
  relay.end();
  assert.equal(await next(relay), "end");
});

Deno.test("P8: a stream that is silent for 75 s is broken; a keepalive every 30 s keeps it for ever", async () => {
  const relay = streamingRelay();
  assert.equal(await next(relay), "open");
  for (let minute = 0; minute < 10; minute++) {
    await relay.clock.advance(60_000);
    relay.feed(":\n\n");
    assert.equal(await next(relay), "keepalive");
  }
  let isBroken = false;
  const broken = assert.rejects(next(relay), (error) => {
    isBroken = true;
    assert.ok(error instanceof TransportError);
    assert.equal(error.failure, "timeout");
    return true;
  });
  await relay.clock.advance(74_999);
  assert.ok(!isBroken);
  await relay.clock.advance(1);
  await broken;
  assert.ok(relay.isLeft, "the connection was not let go of");
});

Deno.test("a broken connection is a TransportError", async () => {
  const relay = streamingRelay();
  assert.equal(await next(relay), "open");
  const broken = next(relay);
  relay.break();
  await assert.rejects(broken, TransportError);
});

Deno.test("an abort ends the stream quietly and lets go of the connection", async () => {
  const relay = streamingRelay();
  assert.equal(await next(relay), "open");
  const waiting = next(relay);
  await relay.clock.settle();
  relay.abort();
  assert.equal(await waiting, "end");
  assert.ok(relay.isLeft);
});

Deno.test("whoever stops listening lets go of the connection", async () => {
  const relay = streamingRelay();
  assert.equal(await next(relay), "open");
  relay.feed("data: x\n\n");
  assert.equal(await next(relay), "wake");
  await relay.signals.return?.();
  assert.ok(relay.isLeft);
  assert.equal(relay.clock.sleeping, 0);
});

Deno.test("a page that is no event stream is garbage", async () => {
  const relay = streamingRelay({ "content-type": "text/html" });
  await assert.rejects(next(relay), { code: "relay_garbage" });
});

Deno.test("lines are the same wherever the network cuts them", () => {
  const piece = fc.constantFrom(
    "data: é😀\n\n",
    ": still\r\n",
    "data:x\r",
    "event: y\n",
    "dat\n",
    "\n",
  );
  fc.assert(
    fc.property(
      fc.array(piece),
      fc.infiniteStream(fc.integer({ min: 1, max: 5 })),
      (pieces, cuts) => {
        const all = new TextEncoder().encode(pieces.join(""));
        const lines = new SseLines();
        let wakes = false;
        let comments = false;
        for (let at = 0; at < all.length;) {
          const size = Number(cuts.next().value);
          const { data, comment } = lines.feed(all.subarray(at, at + size));
          wakes ||= data;
          comments ||= comment;
          at += size;
        }
        assert.equal(wakes, pieces.some((line) => line.startsWith("data:")));
        assert.equal(comments, pieces.some((line) => line.startsWith(":")));
      },
    ),
    { numRuns: testRuns(200) },
  );
});

Deno.test("a line without end needs no memory and wakes nobody", () => {
  const lines = new SseLines();
  const chunk = new Uint8Array(64 * 1024).fill(0x61);
  for (let i = 0; i < 100; i++) {
    assert.deepEqual(lines.feed(chunk), { data: false, comment: false });
  }
  assert.ok(lines.feed(new TextEncoder().encode("\ndata:\n")).data);
});

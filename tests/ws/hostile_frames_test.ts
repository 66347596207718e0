/** Whatever a client sends, the relay answers or closes; nothing is thrown, and others go on. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { WS_ERROR_CODES } from "../../protocol/schemas/ws_frames.ts";
import { readRequest } from "../../relay/ws/requests.ts";
import { testRuns } from "../runs.ts";
import { SocketWorld } from "./socket_world.ts";

const CODES: ReadonlySet<unknown> = new Set(WS_ERROR_CODES);
const SLOT = "a".repeat(32);

/** Members that a frame may have, right and wrong. */
const member = fc.oneof(
  fc.constantFrom("open", "publish", "ack", "pair", "close", "ping", SLOT, "host", "guest", ""),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 3 }),
  fc.jsonValue({ maxDepth: 2 }),
);
const names = ["op", "ref", "slot", "token", "since", "since_seq", "seq", "events", "pair_id"];
const frames = fc.dictionary(
  fc.oneof(fc.constantFrom(...names, "as_role", "__proto__", "constructor"), fc.string()),
  member,
).map((frame) => JSON.stringify(frame));
const requests = fc.record({
  op: fc.constantFrom("open", "publish", "ack", "pair", "close", "ping"),
  ref: fc.oneof(fc.integer(), member),
  slot: fc.oneof(fc.constant(SLOT), member),
  token: member,
  since: member,
  since_seq: member,
  seq: member,
  events: fc.oneof(fc.array(member, { maxLength: 4 }), member),
  pair_id: member,
  as_role: member,
}, { requiredKeys: ["op"] }).map((frame) => JSON.stringify(frame));
const texts = fc.oneof(requests, frames, fc.json(), fc.string(), fc.string({ unit: "binary" }));

Deno.test("ws frames: any text is a request or a failure with a code of ours", () => {
  fc.assert(
    fc.property(texts, (text) => {
      const read = readRequest(text);
      if (read.ok) return;
      assert.ok(CODES.has(read.failure.code));
      assert.ok(read.failure.http >= 400 && read.failure.http < 500);
      assert.ok(read.ref === undefined || Number.isSafeInteger(read.ref));
      assert.ok(!read.failure.message.includes("\n"));
    }),
    { numRuns: testRuns(1_500) },
  );
});

Deno.test("ws frames: a connection survives any of them, or is closed by the rules", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(texts, { maxLength: 30 }), async (sent) => {
      await using world = new SocketWorld();
      const slot = await world.slot();
      const [odd, good] = [world.connect(), world.connect()];
      for (const text of sent) odd.events.text(text);
      await world.clock.settle();
      assert.ok(odd.socket.closed === undefined || odd.socket.closed.code === 1008);
      for (const frame of odd.frames) {
        if (frame["op"] === "error") assert.ok(CODES.has(frame["code"]));
      }
      assert.equal((await good.open(slot))["op"], "opened");
      assert.equal((await world.list(slot)).text, "[]", "nothing is stored without a token");
    }),
    { numRuns: testRuns(60) },
  );
});

/** Sixty-four bodies each way, over both kinds of relay: verified there, and the same value. */
import assert from "node:assert/strict";
import { at, Float, parse, print, type Ref, ref } from "./reference/json.ts";
import { pull, push, send } from "./reference/mail.ts";
import { pinEachOther, takenOver } from "./peers.ts";
import { InteropWorld, RELAYS } from "./world.ts";

const nested = (levels: number): Ref => levels === 0 ? "core" : [nested(levels - 1)];
const nestedObjects = (levels: number): Ref =>
  levels === 0 ? new Map() : new Map([["a", nestedObjects(levels - 1)]]);

const TEXTS = [
  "",
  " ",
  "hello",
  "line\nbreak\r\n\ttab",
  '"quoted" \\ and / slash',
  "\u0000\u0001\u001f\u007f\u0080",
  "\u2028\u2029",
  "héllo wörld ß",
  "日本語 한국어 العربية",
  "😀🦊👩‍👩‍👧‍👦",
  "e\u0301 is not \u00e9",
  "\ufeffbom",
  "\uffff\ufffe",
  "𝄞".repeat(300),
  '{"event_id":"00"}',
  "data: x\n\ndata: y",
  "x".repeat(200 * 1024),
  "é".repeat(50 * 1024),
];
const INTEGERS = [
  0n,
  1n,
  -1n,
  2n ** 31n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 53n + 1n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
  -(2n ** 53n) - 1n,
  -(2n ** 63n),
];
/** In the set that every program agrees on (docs/protocol/identity-and-events.md §5.1). */
const FLOATS = [
  0,
  1,
  0.1,
  0.5,
  -2.5,
  1.5e-5,
  1e-6,
  1e15,
  1e16,
  1e21,
  1.5e22,
  123456.789,
  1e-8,
  -0,
  100,
];
const VALUES: readonly Ref[] = [
  null,
  true,
  false,
  new Map(),
  [],
  [[], new Map(), null],
  ref({ "": { "": "" } }),
  ref({ b: 1, a: 2, "\uffff": 1, "😀": 2, "\ue000": 3, B: 4 }),
  ref({ signature: "nested", public_key_id: 1, event_id: null }),
  ref({ event_id: "0".repeat(64), verified: true }),
  ref({ "a\nb": "c", '"': "\\" }),
  ref({ __proto__x: 1, constructor: 2, toString: 3 }),
  new Map<string, Ref>([["__proto__", new Map([["polluted", true]])]]),
  nested(100),
  nestedObjects(100),
  Array.from({ length: 2_000 }, (_, at) => BigInt(at)),
  [...FLOATS.map((value) => new Float(value)), ...INTEGERS],
  ref({ content: "hi", thread: ["a", { b: [1, 2, { c: null }] }] }),
  ref(Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`key ${at}`, at]))),
];
const BODIES: readonly Ref[] = [
  ...TEXTS,
  ...INTEGERS,
  ...FLOATS.map((value) => new Float(value)),
  ...VALUES,
];

for (const kind of RELAYS) {
  Deno.test(`interop: on ${kind}, ${BODIES.length} bodies each way arrive verified and unchanged`, async () => {
    assert.equal(BODIES.length, 64);
    await using world = await InteropWorld.create(kind);
    const ours = await world.world.agent("alice", world.url);
    const ourFiles = takenOver(ours);
    const theirs = await world.referencePeer("bob");
    await pinEachOther(ourFiles, theirs);

    const partials = BODIES.map((body, at) => {
      const members = new Map<string, Ref>([["body", body], ["kind", "claim"], ["n", BigInt(at)]]);
      return `${print(members)}\n`;
    });
    await Deno.mkdir(`${ourFiles.state}/outbox`, { recursive: true });
    await Deno.writeTextFile(`${ourFiles.state}/outbox/bob.jsonl`, partials.join(""));
    const pushed = await ours.record(["push"]);
    assert.deepEqual(pushed["skipped"], []);
    const there = await pull(theirs);
    assert.deepEqual(there.rejected, []);
    assert.deepEqual(bodiesIn(await theirs.inbox("alice")), BODIES.map(print));

    for (const body of BODIES) await send(theirs, { peer: "alice", body, byTool: true });
    const { failed, pushed: sent } = await push(theirs, "daemon");
    assert.deepEqual(failed, []);
    const again = await push(theirs, "daemon");
    assert.deepEqual(again, { pushed: [], duplicates: sent, failed: [] });
    const pulled = await ours.record(["pull"]);
    assert.deepEqual(pulled["rejected"], []);
    assert.deepEqual(bodiesIn(await ourFiles.inbox("bob")), BODIES.map(print));
    const shown = (await ours.ok(["tail", "--json"])).trimEnd().split("\n").map(parse);
    assert.ok(shown.every((event) => at(event, "verified") === true));
    assert.deepEqual(shown.map((event) => print(at(event, "body") ?? null)), BODIES.map(print));
  });
}

const bodiesIn = (lines: readonly string[]): string[] =>
  lines.map((line) => print(at(parse(line), "body") ?? null));

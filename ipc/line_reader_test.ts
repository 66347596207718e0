import assert from "node:assert/strict";
import fc from "fast-check";
import { testRuns } from "../tests/runs.ts";
import { parseFrame } from "./frame.ts";
import { type ByteSource, type Line, LineReader } from "./line_reader.ts";
import { WireError } from "../protocol/errors.ts";

function sourceOf(chunks: readonly Uint8Array[]): ByteSource {
  const left = [...chunks];
  return { read: () => Promise.resolve(left.shift()) };
}

/** Up to the end, or to what cannot be read. */
async function linesIn(chunks: readonly Uint8Array[], maxBytes = 1_000): Promise<Line[]> {
  const reader = new LineReader(sourceOf(chunks), { maxBytes });
  const lines: Line[] = [];
  for (;;) {
    const line = await reader.next();
    lines.push(line);
    if (line.tag !== "line") return lines;
  }
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Cut wherever chance says. */
function cut(whole: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [0, ...places.map((place) => place % (whole.length + 1)), whole.length]
    .sort((a, b) => a - b);
  return at.slice(1).map((end, i) => whole.subarray(at[i], end));
}

Deno.test("framing: lines come whole, however the bytes are cut", async () => {
  const text = fc.string({ unit: "grapheme", maxLength: 40 })
    .map((line) => line.replaceAll("\n", "").trimEnd());
  await fc.assert(
    fc.asyncProperty(
      fc.array(text, { maxLength: 6 }),
      fc.array(fc.nat(), { maxLength: 12 }),
      async (lines, places) => {
        const whole = bytes(lines.map((line) => `${line}\n`).join(""));
        const read = await linesIn(cut(whole, places));
        const expected: Line[] = lines.map((line) => ({ tag: "line", text: line }));
        assert.deepEqual(read, [...expected, { tag: "end" }]);
      },
    ),
    { numRuns: testRuns(200) },
  );
});

Deno.test("framing: no bytes make it throw, hold more than its bound, or go on for ever", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 12 }),
      async (chunks) => {
        let held = 0;
        const reader = new LineReader(sourceOf(chunks), {
          maxBytes: 100,
          hold: (more) => (held += more) < 5_000,
        });
        for (let lines = 0; lines <= 12 * 60 + 1; lines++) {
          const line = await reader.next();
          if (line.tag === "end" || line.tag === "bad") return;
          assert.ok(line.text.length < 100);
          try {
            assert.equal(typeof parseFrame(line.text)["kind"], "string");
          } catch (error) {
            assert.ok(error instanceof WireError);
          }
        }
        assert.fail("it did not come to an end");
      },
    ),
    { numRuns: testRuns(300) },
  );
});

Deno.test("framing: a line that reaches the bound is refused, one byte less is taken", async () => {
  const [taken] = await linesIn([bytes("x".repeat(9)), bytes("\n")], 10);
  assert.deepEqual(taken, { tag: "line", text: "x".repeat(9) });
  assert.equal((await linesIn([bytes("x".repeat(10) + "\n")], 10))[0]?.tag, "bad");
  assert.equal((await linesIn([bytes("x".repeat(5)), bytes("x".repeat(5))], 10))[0]?.tag, "bad");
});

Deno.test("framing: the end is the end of a line; what follows white space is not kept", async () => {
  assert.deepEqual(await linesIn([bytes('{"kind":"a"} \r\t')]), [
    { tag: "line", text: '{"kind":"a"}' },
    { tag: "end" },
  ]);
  assert.equal((await linesIn([new Uint8Array([0xff, 0x0a])]))[0]?.tag, "bad");
});

Deno.test("framing: a message is one object with one kind", () => {
  assert.equal(parseFrame('{"x":1,"kind":"status"}')["kind"], "status");
  const refused = [
    "",
    "null",
    "[]",
    "{}",
    '{"kind":1}',
    '{"kind":"a","kind":"b"}',
    '{"kind":"a"',
    `{"kind":"a","x":${"[".repeat(40)}${"]".repeat(40)}}`,
  ];
  for (const text of refused) assert.throws(() => parseFrame(text), WireError, text);
});

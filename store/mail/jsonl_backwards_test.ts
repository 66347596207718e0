import assert from "node:assert/strict";
import fc from "fast-check";
import { MemoryFiles } from "../../platform/fake/memory_files.ts";
import { testRuns } from "../../tests/runs.ts";
import { MAX_LINE_BYTES, readLines } from "./jsonl.ts";
import { readLinesBackwards } from "./jsonl_backwards.ts";

async function both(bytes: Uint8Array | string) {
  const files = new MemoryFiles();
  await files.writeAtomic("/f", bytes, { point: "test" });
  const forwards = (await Array.fromAsync(readLines(files, "/f", 0))).map(({ text }) => text);
  return { forwards, backwards: await Array.fromAsync(readLinesBackwards(files, "/f")) };
}

Deno.test("lines backwards are the lines forwards, turned round, whatever the bytes", async () => {
  const part = fc.oneof(
    fc.string({ unit: "binary", maxLength: 30 }),
    fc.constantFrom("\n", "\n\n", "x".repeat(70_000), "é".repeat(33_000)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 6 }), async (parts) => {
      const { forwards, backwards } = await both(parts.join("\n"));
      assert.deepEqual(backwards.toReversed(), forwards);
    }),
    { numRuns: testRuns(25) },
  );
});

Deno.test("P8: a line that is too long is no line, and costs no more memory than one", async () => {
  const { forwards, backwards } = await both(`one\n${"x".repeat(MAX_LINE_BYTES + 1)}\ntwo\ntorn`);
  assert.deepEqual(forwards, ["one", undefined, "two"]);
  assert.deepEqual(backwards, ["two", undefined, "one"]);
});

Deno.test("bytes that are no UTF-8 are no line", async () => {
  const { backwards } = await both(new Uint8Array([0x61, 0x0a, 0xff, 0x0a, 0x62, 0x0a]));
  assert.deepEqual(backwards, ["b", undefined, "a"]);
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { MemoryFiles } from "../../platform/fake/memory_files.ts";
import { testRuns } from "../../tests/runs.ts";
import { MAX_LINE_BYTES, readLines, topLevelString } from "./jsonl.ts";

const FILE = "/f.jsonl";

async function fileWith(data: string | Uint8Array): Promise<MemoryFiles> {
  const files = new MemoryFiles();
  await files.writeAtomic(FILE, data, { point: "test" });
  return files;
}

Deno.test("lines come with their places, and a tail without a line feed does not count", async () => {
  const files = await fileWith("one\n\nthrée\ntail");
  assert.deepEqual(await Array.fromAsync(readLines(files, FILE, 0)), [
    { offset: 0, end: 4, text: "one" },
    { offset: 4, end: 5, text: "" },
    { offset: 5, end: 12, text: "thrée" },
  ]);
  assert.deepEqual(await Array.fromAsync(readLines(files, FILE, 12)), []);
});

Deno.test("a line that is too long or no text is told as such, and the next one is read", async () => {
  const long = new Uint8Array(MAX_LINE_BYTES + 300_000).fill(0x61);
  const bytes = new Uint8Array([...long, 0x0a, 0xff, 0xfe, 0x0a, 0x62, 0x0a]);
  const files = await fileWith(bytes);
  const lines = await Array.fromAsync(readLines(files, FILE, 0));
  assert.deepEqual(lines.map(({ text, problem }) => text ?? problem), [
    `longer than ${MAX_LINE_BYTES} bytes`,
    "not UTF-8 text",
    "b",
  ]);
  assert.deepEqual(lines.map((line) => line.end), [long.length + 1, long.length + 4, bytes.length]);
});

Deno.test("any bytes: places and texts agree with the file", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.stringMatching(/^[^\n]{0,30}$/)), async (parts) => {
      const text = parts.join("\n");
      const files = await fileWith(text);
      const found = await Array.fromAsync(readLines(files, FILE, 0));
      assert.deepEqual(found.map((line) => line.text), text.split("\n").slice(0, -1));
      const bytes = new TextEncoder().encode(text);
      for (const { offset, end, text } of found) {
        assert.equal(new TextDecoder().decode(bytes.slice(offset, end)), `${text}\n`);
      }
    }),
    { numRuns: testRuns(50) },
  );
});

Deno.test("only a string at the top of a whole object is found", () => {
  assert.equal(
    topLevelString('{"body":{"event_id":"inner"},"event_id":"outer"}', "event_id"),
    "outer",
  );
  assert.equal(topLevelString('{"body":{"event_id":"inner"}}', "event_id"), undefined);
  assert.equal(topLevelString('{"event_id":"torn","from":"x', "event_id"), undefined);
  assert.equal(topLevelString('{"event_id":7}', "event_id"), undefined);
});

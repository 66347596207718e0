import assert from "node:assert/strict";
import fc from "fast-check";
import { WireError } from "../../protocol/errors.ts";
import { testRuns } from "../../tests/runs.ts";
import { type ByteSource, LineReader } from "./line_reader.ts";

/** Gives the chunks one by one, then the end. */
function source(...chunks: readonly (string | Uint8Array)[]): ByteSource {
  const left = chunks.map((chunk) =>
    typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk
  );
  return {
    read(buffer) {
      const chunk = left.shift();
      if (chunk === undefined) return Promise.resolve(null);
      const count = Math.min(buffer.length, chunk.length);
      buffer.set(chunk.subarray(0, count));
      if (count < chunk.length) left.unshift(chunk.subarray(count));
      return Promise.resolve(count);
    },
  };
}

async function allLines(reader: LineReader): Promise<string[]> {
  const lines: string[] = [];
  for (let line = await reader.readLine(); line !== undefined; line = await reader.readLine()) {
    lines.push(line);
  }
  return lines;
}

const isBadInput = (error: unknown) => error instanceof WireError && error.code === "bad_input";

Deno.test("input: lines come without their ends, the last one also without any", async () => {
  assert.deepEqual(await allLines(new LineReader(source("a\r\n", "\nb\nc"))), ["a", "", "b", "c"]);
  assert.deepEqual(await allLines(new LineReader(source())), []);
});

Deno.test("input: lines are the same however the bytes arrive", async () => {
  const text = fc.string({ unit: "grapheme", maxLength: 30 }).map((line) =>
    line.replace(/[\r\n]/g, "")
  );
  await fc.assert(
    fc.asyncProperty(fc.array(text), fc.integer({ min: 1, max: 7 }), async (lines, size) => {
      const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
      const chunks: Uint8Array[] = [];
      for (let start = 0; start < bytes.length; start += size) {
        chunks.push(bytes.subarray(start, start + size));
      }
      const expected = lines.map((line) => line.replace(/^\ufeff/, ""));
      assert.deepEqual(await allLines(new LineReader(source(...chunks))), expected);
    }),
    { numRuns: testRuns(100) },
  );
});

Deno.test("P8: a line or a text beyond its bound is refused, and so is what is not UTF-8", async () => {
  const endless: ByteSource = { read: (buffer) => Promise.resolve(buffer.fill(0x61).length) };
  await assert.rejects(new LineReader(endless).readLine(), isBadInput);
  await assert.rejects(new LineReader(endless).readAll(1_000), isBadInput);
  await assert.rejects(new LineReader(source("123456")).readAll(5), isBadInput);
  assert.equal(await new LineReader(source("12345")).readAll(5), "12345");
  const latin1 = new Uint8Array([0xe9, 0x0a]);
  await assert.rejects(new LineReader(source(latin1)).readLine(), isBadInput);
  await assert.rejects(new LineReader(source(latin1)).readAll(5), isBadInput);
});

Deno.test("input: what is typed after an aborted read belongs to the next one", async () => {
  const typed = Promise.withResolvers<void>();
  const slow = source("late\nlater\n");
  const reader = new LineReader({
    read: async (buffer) => {
      await typed.promise;
      return await slow.read(buffer);
    },
  });
  const controller = new AbortController();
  const aborted = assert.rejects(reader.readLine(controller.signal), /stopped/);
  controller.abort(new Error("stopped"));
  await aborted;
  await assert.rejects(reader.readLine(controller.signal), /stopped/);
  typed.resolve();
  assert.equal(await reader.readLine(new AbortController().signal), "late");
  assert.equal(await reader.readLine(), "later");
});

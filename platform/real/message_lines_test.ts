import assert from "node:assert/strict";
import type { InputMessage } from "../terminal.ts";
import { messageLines } from "./message_lines.ts";

/** Hands the bytes out in pieces of that size. */
function source(bytes: Uint8Array, size: number) {
  let offset = 0;
  return {
    read(buffer: Uint8Array): Promise<number | null> {
      const piece = bytes.subarray(offset, offset + Math.min(size, buffer.length));
      offset += piece.length;
      buffer.set(piece);
      return Promise.resolve(piece.length === 0 ? null : piece.length);
    },
  };
}

async function read(bytes: Uint8Array, size: number, maxBytes = 8): Promise<InputMessage[]> {
  return await Array.fromAsync(messageLines(source(bytes, size), maxBytes));
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

Deno.test("message lines: each line once, whatever the pieces, the last one also without its end", async () => {
  for (const size of [1, 2, 3, 100]) {
    const bytes = utf8("ab\n\nü€\r\nlast");
    assert.deepEqual(await read(bytes, size), [
      { text: "ab" },
      { text: "" },
      { text: "ü€\r" },
      { text: "last" },
    ]);
  }
  assert.deepEqual(await read(utf8(""), 4), []);
});

Deno.test("message lines: one that is too long or no text is said, and the next one is read", async () => {
  for (const size of [1, 5, 100]) {
    const bytes = new Uint8Array([...utf8("123456789\n12345678\n"), 0xff, 0x0a, ...utf8("ok\n")]);
    assert.deepEqual(await read(bytes, size), [
      { problem: "longer than 8 bytes" },
      { text: "12345678" },
      { problem: "not UTF-8 text" },
      { text: "ok" },
    ]);
  }
});

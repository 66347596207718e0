import assert from "node:assert/strict";
import { WireError } from "../../protocol/errors.ts";
import { FakeEnv } from "../fake/env.ts";
import { mayColour, RealOutput } from "./terminal.ts";

Deno.test("terminal: colour wants a terminal, no NO_COLOR, and a TERM that is not dumb", () => {
  const terminal = { isTerminal: true };
  const env = (variables: Record<string, string>) => new FakeEnv({ variables });
  assert.ok(mayColour(terminal, env({})));
  assert.ok(mayColour(terminal, env({ NO_COLOR: "", TERM: "xterm" })));
  assert.ok(!mayColour({ isTerminal: false }, env({ TERM: "xterm" })));
  assert.ok(!mayColour(terminal, env({ NO_COLOR: "1" })));
  assert.ok(!mayColour(terminal, env({ TERM: "dumb" })));
});

Deno.test("terminal: all of a text is written, however little the stream takes at a time", async () => {
  const taken: number[] = [];
  const output = new RealOutput({
    isTerminal: () => false,
    write(bytes) {
      const count = Math.min(3, bytes.length);
      taken.push(...bytes.subarray(0, count));
      return Promise.resolve(count);
    },
  });
  await output.write("grüße, 世界\n");
  assert.equal(new TextDecoder().decode(new Uint8Array(taken)), "grüße, 世界\n");
  assert.equal(output.columns, undefined);
});

Deno.test("terminal: a closed pipe is interrupted, any other failure is write_failed", async () => {
  const failing = (error: Error) =>
    new RealOutput({ isTerminal: () => false, write: () => Promise.reject(error) }).write("x");
  const code = (wanted: string) => (error: unknown) =>
    error instanceof WireError && error.code === wanted;
  await assert.rejects(failing(new Deno.errors.BrokenPipe("x")), code("interrupted"));
  await assert.rejects(failing(new Error("disk full")), code("write_failed"));
});

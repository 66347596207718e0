import assert from "node:assert/strict";
import { FakeClock } from "../platform/fake/clock.ts";
import type { OutputStream } from "../platform/terminal.ts";
import { LogLines } from "./log_lines.ts";

/** Takes a line when the test says so. */
class SlowStream implements OutputStream {
  readonly isTerminal = false;
  readonly columns = undefined;
  readonly lines: string[] = [];
  readonly waiting: (() => void)[] = [];

  write(text: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.waiting.push(() => {
      this.lines.push(text);
      resolve();
    });
    return promise;
  }
}

/** Everything that is ready to go on has gone on. */
const settled = () => new Promise<void>((resolve) => setTimeout(resolve));

Deno.test("log lines: a flush ends when the last line is out, and they come in order", async () => {
  const stream = new SlowStream();
  const lines = new LogLines(stream, new FakeClock());
  lines.write("one\n");
  lines.write("two\n");
  let isOut = false;
  const flushed = lines.flush().then(() => isOut = true);
  await settled();
  assert.equal(stream.waiting.length, 1);
  stream.waiting[0]?.();
  await settled();
  assert.deepEqual([isOut, stream.lines], [false, ["one\n"]]);
  stream.waiting[1]?.();
  await flushed;
  assert.deepEqual(stream.lines, ["one\n", "two\n"]);
});

Deno.test("log lines: a stream that nobody reads holds an end up for a second, no longer", async () => {
  const clock = new FakeClock();
  const lines = new LogLines(new SlowStream(), clock);
  lines.write("one\n");
  const flushed = lines.flush();
  await clock.advance(1_000);
  await flushed;
});

Deno.test("log lines: a closed stream loses its lines and nothing else", async () => {
  const stream = {
    isTerminal: false,
    columns: undefined,
    write: () => Promise.reject(new Error("closed")),
  };
  const lines = new LogLines(stream, new FakeClock());
  lines.write("one\n");
  await lines.flush();
});

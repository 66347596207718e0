import assert from "node:assert/strict";
import { z } from "zod";
import { fakePlatform } from "../platform/fake/platform.ts";
import { WireError } from "../protocol/errors.ts";
import type { AnyCommand } from "./command.ts";
import { execute, type RunLine } from "./execute.ts";
import { Interrupted } from "./interrupt.ts";
import type { Entry } from "./registry.ts";
import { Ui } from "./ui/ui.ts";

const Input = z.object({ n: z.number().max(9) });
const Output = z.object({ n: z.number() });

/** Yields 0, then waits to be told to stop; `n` of 1 fails instead, 2 ends, 3 never listens. */
const counter = {
  input: Input,
  output: Output,
  async *stream(_: unknown, { n }: { n: number }, signal: AbortSignal) {
    yield { n: 0 };
    if (n === 1) throw new WireError("unreadable", "Cannot read the inbox");
    if (n === 2) return;
    await new Promise((_, reject) => {
      if (n === 3) return;
      if (signal.aborted) reject(signal.reason);
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  },
};

const slow = {
  input: Input,
  output: Output,
  run: () => new Promise<{ n: number }>(() => {}),
};

const double = {
  input: Input,
  output: Output,
  run: (_: unknown, { n }: { n: number }) => Promise.resolve({ n: n * 2 }),
};

function lineOf(
  operation: typeof counter | typeof slow | typeof double,
  n: unknown,
  { json = false, ...entry }: Partial<Entry> & { json?: boolean } = {},
): RunLine {
  const command = {
    operation,
    usage: "",
    options: {},
    examples: [],
    toInput: () => ({ n }),
    render: (output: { n: number }, ui: Ui) => ui.line(`n is ${output.n}`),
  } satisfies AnyCommand | object;
  const load = () => Promise.resolve({ command: command as AnyCommand });
  return {
    tag: "run",
    entry: { name: "count", summary: "", group: "Messages", load, ...entry },
    command: command as AnyCommand,
    positionals: [],
    options: {},
    json,
  };
}

function stage() {
  const platform = fakePlatform();
  return { platform, ui: new Ui(platform.terminal), out: platform.terminal.stdout };
}

Deno.test("execute: S2: an operation's output is text, or with --json one line", async () => {
  const { platform, ui, out } = stage();
  assert.equal(await execute(lineOf(double, 2), platform, ui), 0);
  assert.equal(await execute(lineOf(double, 2, { json: true }), platform, ui), 0);
  await ui.flush();
  assert.equal(out.text, 'n is 4\n{"n":4}\n');
});

Deno.test("execute: input that its schema refuses is one line that names the member", async () => {
  const { platform, ui } = stage();
  await assert.rejects(execute(lineOf(double, 10), platform, ui), {
    code: "usage",
    message: /^n: Too big: [^\n]*$/,
  });
});

Deno.test("execute: Ctrl-C ends an operation that waits, with 130", async () => {
  const { platform, ui } = stage();
  const running = execute(lineOf(slow, 1), platform, ui);
  await Promise.resolve().then(() => platform.processes.raise("SIGINT"));
  await assert.rejects(running, (error) => error instanceof Interrupted && error.exitCode === 130);
});

Deno.test("execute: Ctrl-C ends a watcher with 130, and is a service's normal end", async () => {
  for (const entry of [{}, { service: true }] as const) {
    const { platform, ui, out } = stage();
    const running = execute(lineOf(counter, 0, entry), platform, ui);
    await out.until(/n is 0/);
    platform.processes.raise("SIGINT");
    if ("service" in entry) assert.equal(await running, 0);
    else await assert.rejects(running, Interrupted);
  }
});

Deno.test("execute: a stream that does not listen is left after four seconds, or at a second Ctrl-C", async () => {
  for (const impatient of [true, false]) {
    const { platform, ui, out } = stage();
    const running = execute(lineOf(counter, 3, { service: true }), platform, ui);
    await out.until(/n is 0/);
    platform.processes.raise("SIGINT");
    if (impatient) platform.processes.raise("SIGINT");
    else await platform.clock.advance(4_000);
    assert.equal(await running, 0);
  }
});

Deno.test("execute: what is for people is shown to them also with --json", async () => {
  const { platform, ui, out } = stage();
  const talking = {
    ...counter,
    async *stream() {
      yield await Promise.resolve({ progress: "half", n: 1 });
      yield { n: 2 };
    },
  };
  const line = lineOf(talking, 0, { json: true, progress: true });
  await execute(line, platform, ui);
  await ui.flush();
  assert.equal(out.text, 'n is 1\n{"n":2}\n');
});

Deno.test("execute: --exit-with-parent ends a stream at the end of standard input, exit 0", async () => {
  const { platform, ui, out } = stage();
  const line = { ...lineOf(counter, 0), options: { exitWithParent: true } };
  const running = execute(line, platform, ui);
  await out.until(/n is 0/);
  platform.terminal.stdin.end();
  await assert.rejects(running, (error) => error instanceof Interrupted && error.exitCode === 0);
});

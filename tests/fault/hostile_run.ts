/** Runs published commands over a world of fakes, and says what a person and a script would see. */
import assert from "node:assert/strict";
import { runProgram } from "../../cli/program.ts";
import type { FakeClock } from "../../platform/fake/clock.ts";
import { FakeProcesses } from "../../platform/fake/processes.ts";
import { FakeTerminal } from "../../platform/fake/terminal.ts";
import type { MemoryFiles } from "../../platform/fake/memory_files.ts";
import type { Platform } from "../../platform/platform.ts";

export interface Ran {
  readonly line: string;
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string;
  /** Ctrl-C as soon as the command has nothing to do but wait. */
  readonly interrupt?: "when idle";
}

/** Longer than any command of the tests may wait. */
const LONGEST_WAIT_MS = 120_000;
/** Turns of the event loop in which a command that works, and does not wait, gets on. */
const TURNS = 4;

/** One process: its own terminal, time that passes whenever it waits. */
export async function runWire(
  args: readonly string[],
  world: Platform & { readonly clock: FakeClock },
  { stdin = "", interrupt }: RunOptions = {},
): Promise<Ran> {
  const terminal = new FakeTerminal();
  const processes = new FakeProcesses();
  terminal.stdin.type(stdin);
  terminal.stdin.end();
  const { clock } = world;
  const start = clock.monotonic();
  let exitCode: number | undefined;
  const running = runProgram(args, { ...world, terminal, processes }).then((code) => {
    exitCode = code;
  });
  while (exitCode === undefined) {
    for (let turn = 0; turn < TURNS && exitCode === undefined; turn++) await clock.settle();
    if (exitCode !== undefined) break;
    if (interrupt === "when idle") processes.raise("SIGINT");
    await clock.advance(1_000);
    const waited = clock.monotonic() - start;
    assert.ok(waited < LONGEST_WAIT_MS, `wire ${args.join(" ")} waits for ever`);
  }
  await running;
  const { stdout, stderr } = terminal;
  return { line: `wire ${args.join(" ")}`, exitCode, stdout: stdout.text, stderr: stderr.text };
}

/** Loads what commands load when they first need it, so that no time of a fake clock passes over it. */
export async function loadEverything(): Promise<void> {
  const { COMMANDS } = await import("../../cli/registry.ts");
  await Promise.all(COMMANDS.map((entry) => entry.load()));
  await Promise.all([
    import("../../cli/execute.ts"),
    import("../../cli/ui/qr.ts"),
    import("../../cli/ui/table.ts"),
    import("../../cli/ui/width.ts"),
    import("../../client/delivery/wait_for_step.ts"),
    import("../../client/sessions/find_home.ts"),
    import("qr"),
    import("smol-toml"),
  ]);
}

/** What a terminal obeys, what hides, and what reorders: all but line feeds. */
const OBEYED = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

const LONGEST_LINE = 700;

/** Exactly one line of error, bounded and harmless; a hint may follow it, indented. */
export function assertOneLineError({ line, stderr, exitCode }: Ran): string {
  const lines = stderr.trimEnd().split("\n");
  const errors = lines.filter((text) => text.startsWith("error: "));
  assert.equal(errors.length, 1, `${line}: exit ${exitCode} and this on stderr: ${stderr}`);
  return errors[0] ?? "";
}

/** What holds for whatever a command says, however it ends. */
export function assertDecent(ran: Ran, secrets: readonly string[]): void {
  const { line, stdout, stderr, exitCode } = ran;
  assert.doesNotMatch(stderr, /internal error|fault of wire| at .*\.ts:\d/, `${line}: ${stderr}`);
  assert.doesNotMatch(stderr, OBEYED, `${line}: ${JSON.stringify(stderr)}`);
  // JSON escapes what a terminal obeys but for these, which it need not.
  const isJson = /--json/.test(line);
  if (!isJson) assert.doesNotMatch(stdout, OBEYED, `${line}: ${JSON.stringify(stdout)}`);
  for (const text of stderr.split("\n")) {
    assert.ok(text.length <= LONGEST_LINE, `${line}: ${text.length} characters in a line: ${text}`);
  }
  for (const secret of secrets) {
    assert.ok(!stdout.includes(secret), `${line}: a secret on stdout`);
    assert.ok(!stderr.includes(secret), `${line}: a secret on stderr: ${stderr}`);
  }
  if (exitCode === 0) assert.doesNotMatch(stderr, /^error: /m, line);
}

export type Contents = ReadonlyMap<string, Uint8Array>;

/** Every file of the disk with its bytes. */
export async function contentsOf(files: MemoryFiles): Promise<Map<string, Uint8Array>> {
  const contents = new Map<string, Uint8Array>();
  for (const name of Object.keys(files.texts())) {
    const bytes = await files.readBytes(name);
    if (bytes !== undefined) contents.set(name, bytes);
  }
  return contents;
}

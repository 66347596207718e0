/**
 * Runs the tests and ends with `N passed, N failed`: `deno task test [files] [--filter text]`.
 * Modules run side by side, one per core; DENO_JOBS=1 runs them one after another. Random cases are
 * those of this tree's seed; WIRE_TEST_SEED asks for others.
 */
import { countsLine, countTests } from "./junit.ts";
import { runDeno, say } from "./run_deno.ts";
import { treeSeed } from "./tree_seed.ts";

export interface TestRun {
  readonly exitCode: number;
  /** What the last line says. */
  readonly line: string;
}

export interface TestOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Where the tests are; the current directory unless told. */
  readonly cwd?: string | URL;
}

/** @param args for `deno test`: files, directories, --filter and the like */
export async function runTests(
  args: readonly string[],
  options: TestOptions = {},
): Promise<TestRun> {
  const directory = await Deno.makeTempDir({ prefix: "wire-tests-" });
  try {
    const report = `${directory}/junit.xml`;
    const exitCode = await runDeno(
      ["test", "-A", "--parallel", `--junit-path=${report}`, ...args],
      options,
    );
    const counts = countTests(await readReport(report), exitCode);
    // What a filter leaves out is in the report as skipped, which nobody skipped.
    const filtered = args.some((arg) => /^--filter(=|$)/.test(arg));
    return { exitCode, line: countsLine(filtered ? { ...counts, skipped: 0 } : counts) };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** The tests of a gate: what chance decides is decided by the tree. */
export async function runGateTests(
  args: readonly string[],
  { cwd = "." }: { readonly cwd?: string | URL } = {},
): Promise<TestRun> {
  const seed = Deno.env.get("WIRE_TEST_SEED") ?? await treeSeed(cwd);
  if (seed === undefined) return await runTests(args, { cwd });
  await say(`random cases of WIRE_TEST_SEED=${seed}`);
  return await runTests(args, { cwd, env: { WIRE_TEST_SEED: seed } });
}

async function readReport(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined; // nothing ran
    throw error;
  }
}

if (import.meta.main) {
  const { exitCode, line } = await runGateTests(Deno.args);
  await say(line);
  Deno.exit(exitCode);
}

/** What the program is told of the source that it was built from. */
import path from "node:path";
import { BUILD_FILE } from "../../cli/build_info.ts";

const ROOT = new URL("../..", import.meta.url);

/**
 * Writes build.json, for `wire --version --json`.
 * @returns the commit; undefined outside a clean git checkout
 */
export async function writeBuild(directory: string): Promise<string | undefined> {
  const commit = await checkedOutCommit();
  const build = commit === undefined ? {} : { commit };
  await Deno.writeTextFile(path.join(directory, BUILD_FILE), `${JSON.stringify(build)}\n`);
  return commit;
}

/** Of a clean checkout: what was changed since has no commit. */
async function checkedOutCommit(): Promise<string | undefined> {
  try {
    const [head, changes] = await Promise.all([
      runHere("git", ["rev-parse", "HEAD"]),
      runHere("git", ["status", "--porcelain", "--untracked-files=no"]),
    ]);
    const isClean = head.success && changes.success && changes.stdout.trim() === "";
    return isClean ? head.stdout.trim() : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined; // no git here
    throw error;
  }
}

export interface Ran {
  readonly success: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program in the repository. */
export async function runHere(program: string, args: readonly string[]): Promise<Ran> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  return { success, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** The seed of the tests' random cases: one per tree, so that a tree passes or fails, and does not waver. */

/**
 * @param cwd a checkout; the current directory unless told
 * @returns a seed of 31 bits taken from the hash of the tree that HEAD names, as text;
 *   undefined where there is no git or no commit: then every run draws its own
 */
export async function treeSeed(cwd: string | URL = "."): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command("git", {
      args: ["rev-parse", "--verify", "HEAD^{tree}"],
      cwd,
      stderr: "null",
    }).output();
    if (!success) return undefined;
    const hash = new TextDecoder().decode(stdout).trim();
    return `${Number.parseInt(hash.slice(0, 8), 16) & 0x7fffffff}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined; // no git
    throw error;
  }
}

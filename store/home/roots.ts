/**
 * The two directories of a home, closed to everybody else. 0.5.19 closes only the first, and keeps
 * bearer tokens in the second (docs/protocol/identity-and-events.md §2).
 */
import type { Files } from "../../platform/files.ts";
import type { HomePaths } from "../../platform/paths.ts";

const OWNER_ONLY = 0o700;

export async function ensureRoots(files: Files, paths: HomePaths): Promise<void> {
  for (const root of new Set([paths.configRoot, paths.stateRoot])) {
    await files.ensureDirectory(root, OWNER_ONLY);
    const mode = (await files.stat(root))?.mode;
    if (mode !== undefined && mode !== OWNER_ONLY) await files.chmod(root, OWNER_ONLY);
  }
}

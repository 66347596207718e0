/** A directory that goes whole or not at all. */
import path from "node:path";
import { writeFailed } from "../file_errors.ts";
import { isTemporaryName, temporaryName } from "../temporary_name.ts";
import { syncDirectory } from "./durable.ts";

/**
 * Moves the directory aside, so that nobody who comes later finds half of it, and removes it there.
 * What is left aside by a process that was killed is removed in its place when it is named again.
 * @returns false when there is nothing
 * @throws {WireError} write_failed, when it is no directory of its own, such as a link to one
 */
export async function removeTree(directory: string): Promise<boolean> {
  try {
    if (!(await Deno.lstat(directory)).isDirectory) {
      throw writeFailed(directory, "it is not a directory");
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
  const parent = path.dirname(directory);
  const isAside = isTemporaryName(path.basename(directory));
  const aside = isAside ? directory : temporaryName(directory, crypto.randomUUID());
  if (!isAside) {
    await Deno.rename(directory, aside);
    await syncDirectory(parent);
  }
  try {
    await Deno.remove(aside, { recursive: true }); // links inside go, what they name stays
  } catch (error) {
    // Somebody else tidies up the same left-over.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  await syncDirectory(parent);
  return true;
}

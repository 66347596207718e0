/** Text that a command line's argument stands for: `-` is stdin, else a file. */
import path from "node:path";
import { textOf, unreadable } from "../platform/file_errors.ts";
import type { Platform } from "../platform/platform.ts";
import { WireError } from "../protocol/errors.ts";
import { MAX_BODY_BYTES } from "../protocol/event/event.ts";

/** @throws {WireError} bad_input, if it is more than 2 MiB or not UTF-8 */
export function readStdin({ terminal }: Platform): Promise<string> {
  return terminal.stdin.readAll(MAX_BODY_BYTES);
}

/**
 * @param file relative to the current directory, or absolute
 * @throws {WireError} not_found; unreadable, also for a directory; bad_input, if it is more than 2 MiB
 */
export async function readNamedFile({ files, env }: Platform, file: string): Promise<string> {
  const full = path.resolve(env.currentDirectory, file);
  const stat = await files.stat(full);
  if (stat?.isDirectory === true) throw unreadable(file, "expected a file");
  // A shell's `<(command)` is a pipe: it has no size, and can be read once.
  const bytes = await files.readHead(full, MAX_BODY_BYTES + 1);
  if (bytes !== undefined && bytes.length > MAX_BODY_BYTES) {
    throw new WireError(
      "bad_input",
      `Cannot take ${JSON.stringify(file)}: it has more than ${MAX_BODY_BYTES} bytes`,
    );
  }
  if (bytes !== undefined) return textOf(file, bytes);
  throw new WireError("not_found", `Cannot read ${JSON.stringify(file)}: no such file`);
}

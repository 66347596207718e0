/** Text that a command line's argument stands for: `-` is stdin, else a file. */
import path from "node:path";
import { unreadable } from "../platform/file_errors.ts";
import type { Platform } from "../platform/platform.ts";
import { WireError } from "../protocol/errors.ts";
import { MAX_BODY_BYTES } from "../protocol/event/event.ts";

/** @throws {WireError} bad_input, if it is more than 2 MiB or not UTF-8 */
export function readStdin({ terminal }: Platform): Promise<string> {
  return terminal.stdin.readAll(MAX_BODY_BYTES);
}

/**
 * @param file relative to the current directory, or absolute
 * @throws {WireError} not_found; unreadable, also for what is no regular file; bad_input, if it is
 * more than 2 MiB
 */
export async function readNamedFile({ files, env }: Platform, file: string): Promise<string> {
  const full = path.resolve(env.currentDirectory, file);
  const stat = await files.stat(full);
  if (stat?.isFile === false) throw unreadable(file, "expected a file");
  if (stat !== undefined && stat.size > MAX_BODY_BYTES) {
    throw new WireError(
      "bad_input",
      `Cannot take ${JSON.stringify(file)}: it has more than ${MAX_BODY_BYTES} bytes`,
    );
  }
  const text = await files.readText(full);
  if (text !== undefined) return text;
  throw new WireError("not_found", `Cannot read ${JSON.stringify(file)}: no such file`);
}

/** A log that is begun anew at a size: what was there is kept as `<name>.1`, in place of what was. */
import type { Files } from "../../platform/files.ts";

export const MAX_LOG_BYTES = 8 * 1024 * 1024;

export const logBefore = (path: string): string => `${path}.1`;

/**
 * For whoever is the only one to write it now. Killed in between, the lines stand in both files, and
 * none is lost.
 * @throws {WireError} unreadable, write_failed
 */
export async function makeRoomInLog(
  files: Files,
  path: string,
  maxBytes: number = MAX_LOG_BYTES,
): Promise<void> {
  const size = (await files.stat(path))?.size ?? 0;
  if (size < maxBytes) return;
  // Of one that has grown far beyond, the newest.
  const kept = 2 * maxBytes;
  const bytes = await files.readAt(path, Math.max(0, size - kept), kept);
  await files.writeAtomic(logBefore(path), bytes, { point: "diag.keep" });
  await files.remove(path, { point: "diag.begin" });
}

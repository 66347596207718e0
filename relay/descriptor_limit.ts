/**
 * How many connections the system lets a relay hold. Deno 2.9 never accepts again once an accept
 * has failed for want of a file descriptor, so the relay has to refuse before the system does.
 */
import type { Files } from "../platform/files.ts";

/** For the store, the log, watched files, sockets of our own, and those just being refused. */
const RESERVED = 256;
/** Where the system does not say; macOS allows a process 10,240 and more. */
const UNKNOWN = 8_192;
const LINUX_LIMITS = "/proc/self/limits";

/** @returns `wanted`, or as many as there are descriptors for; at least 16 */
export async function connectionsThatFit(
  files: Pick<Files, "readText">,
  wanted: number,
): Promise<number> {
  return Math.min(wanted, Math.max(16, await descriptors(files) - RESERVED));
}

async function descriptors(files: Pick<Files, "readText">): Promise<number> {
  const text = await files.readText(LINUX_LIMITS).catch(() => undefined); // as if it were missing
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(text ?? "")?.[1];
  if (soft === "unlimited") return Infinity;
  return soft === undefined ? UNKNOWN : Number(soft);
}

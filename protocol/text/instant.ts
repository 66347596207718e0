/** Times in text, as far as they are needed to put things in order. */
import type { EpochMs } from "../ids.ts";
import { isRfc3339 } from "../event/rfc3339.ts";

/** @returns milliseconds since 1970 (with a fraction cut off), or undefined if it is not RFC 3339 */
export function instantMs(text: string | undefined): EpochMs | undefined {
  if (text === undefined || !isRfc3339(text)) return undefined;
  // More than nine digits of a second are allowed, and more than Temporal takes.
  return Temporal.Instant.from(text.replace(/(\.\d{9})\d+/, "$1")).epochMilliseconds;
}

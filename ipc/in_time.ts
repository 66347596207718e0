/** Waits that end. */
import type { Clock } from "../platform/clock.ts";

/** @returns undefined when `work` took longer, or the signal aborted; what it does then is its own */
export async function inTime<T>(
  clock: Clock,
  ms: number,
  { work, signal }: { readonly work: Promise<T>; readonly signal?: AbortSignal },
): Promise<T | undefined> {
  const over = new AbortController();
  const both = signal === undefined ? over.signal : AbortSignal.any([over.signal, signal]);
  // Ended by us, or by the signal: either way nobody waits any more.
  const late = clock.sleep(ms, both).then(() => undefined, () => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
  }
}

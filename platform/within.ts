/** Work that has so long and no longer. */
import type { Clock } from "./clock.ts";
import { timedOut } from "./timed_out.ts";

/**
 * As a deadline of {@linkcode Clock}, but nothing is left running when the work is done earlier: a
 * process that stops need not wait for it.
 * @param work told by its signal that time is up, and to end soon then
 * @returns what the work returns
 */
export async function within<T>(
  clock: Pick<Clock, "sleep">,
  ms: number,
  work: (deadline: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const done = new AbortController();
  const timing = clock.sleep(ms, done.signal).then(
    () => late.abort(timedOut(ms)),
    () => undefined, // done
  );
  try {
    return await work(late.signal);
  } finally {
    done.abort();
    await timing;
  }
}

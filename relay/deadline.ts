/** Work that has so long and no longer. */
import type { Clock } from "../platform/clock.ts";

/**
 * Nothing is left running when the work is done earlier, so that a process which stops need not wait.
 * @param work told by its signal that time is up, and to end soon then
 */
export async function within(
  clock: Pick<Clock, "sleep">,
  ms: number,
  work: (deadline: AbortSignal) => Promise<void>,
): Promise<void> {
  const late = new AbortController();
  const done = new AbortController();
  const timing = clock.sleep(ms, done.signal).then(() => late.abort(), () => undefined); // done
  try {
    await work(late.signal);
  } finally {
    done.abort();
    await timing;
  }
}

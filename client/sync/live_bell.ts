/** Rings when the daemon of this home says that mail came; where none answers, it is asked again. */
import type { ClientContext } from "../context.ts";
import type { Bell } from "./bell.ts";

const ASK_AGAIN_MS = 2_000;

/** Until the signal aborts. A hint only: whoever waits also looks from time to time. */
export async function ringAtLiveMail(
  { daemon, platform: { clock } }: ClientContext,
  bell: Bell,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    for await (const { event } of daemon.watch(signal)) {
      if (event === "received" || event === "missed" || event === "watching") bell.ring();
    }
    await clock.sleep(ASK_AGAIN_MS, signal).catch(() => undefined); // asked above
  }
}

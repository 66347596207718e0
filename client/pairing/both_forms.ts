/** The daemon's part in the pairings of both forms: one step of each. */
import type { ClientContext } from "../context.ts";
import { pair2Tick, type Ticked2 } from "../pair2/pair2_tick.ts";
import { pairTick } from "./pair_tick.ts";

/** @returns what changed, and whether another step is wanted soon */
export async function tickPairings(context: ClientContext, signal: AbortSignal): Promise<Ticked2> {
  const [old, ours] = await Promise.all([
    pairTick(context, signal),
    pair2Tick(context, {
      signal,
      notify: "desktop",
      onUnreadable: ({ message }) => context.platform.log.warn(message),
    }),
  ]);
  return { transitions: [...old, ...ours.transitions], isBusy: ours.isBusy };
}

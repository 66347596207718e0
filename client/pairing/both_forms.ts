/** The daemon's part in the pairings of both forms: one step of each. */
import { pairOf } from "../../protocol/pairing/pair_record.ts";
import type { ClientContext } from "../context.ts";
import { pair2Tick, type Ticked2 } from "../pair2/pair2_tick.ts";
import type { PairPlace } from "../sync/pair_watches.ts";
import { placeOf } from "./pair_place.ts";
import { pairTick } from "./pair_tick.ts";

export interface Ticked extends Ticked2 {
  /** Where relays can tell what the other sides do. */
  readonly places: readonly PairPlace[];
}

/** @returns what changed, and whether another step is wanted soon */
export async function tickPairings(context: ClientContext, signal: AbortSignal): Promise<Ticked> {
  const [old, ours] = await Promise.all([
    pairTick(context, signal),
    pair2Tick(context, {
      signal,
      notify: "desktop",
      onUnreadable: ({ message }) => context.platform.log.warn(message),
    }),
  ]);
  const unread = (): void => undefined; // told by the tick
  const pending = await context.home.pendingPairs.list(unread);
  return {
    transitions: [...old, ...ours.transitions],
    isBusy: ours.isBusy,
    places: [
      ...pending.flatMap((record) => {
        const read = pairOf(record);
        return read.ok ? placeOf(read.state) ?? [] : [];
      }),
      ...ours.places,
    ],
  };
}

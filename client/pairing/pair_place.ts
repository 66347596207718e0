/** Where the relay of a pairing can tell what the other side did: of either form. Pure. */
import { isPairId } from "../../protocol/ids.ts";
import { isOver, type Pair2State } from "../../protocol/pair2/state.ts";
import type { PairState } from "../../protocol/pairing/pair_state.ts";
import type { PairPlace } from "../sync/pair_watches.ts";

/** @returns undefined while nothing is expected of the other side */
export function placeOf(state: PairState): PairPlace | undefined {
  if (state.tag !== "polling" && state.tag !== "sas_ready" && state.tag !== "confirmed") {
    return undefined;
  }
  const { pairId, about: { relayUrl, role } } = state;
  // Relays of 0.5.19 forget who does not ask; asked often enough for that it is in every cycle.
  return { relayUrl, seat: { pairId, asRole: role }, isBusy: false };
}

/** @returns undefined while nothing is expected of the other side, or there is no place yet */
export function placeOf2(state: Pair2State): PairPlace | undefined {
  if (isOver(state) || !("meeting" in state)) return undefined;
  const { about: { relayUrl }, meeting: { pairId, sideToken } } = state;
  if (!isPairId(pairId)) return undefined;
  const isBusy = state.tag !== "comparing" && state.tag !== "held";
  return { relayUrl, seat: { pairId, token: sideToken }, isBusy };
}

/** The end that a terminal gives a pairing which has not ended, in either form. */
import { WireError } from "../../protocol/errors.ts";
import type { ClientContext } from "../context.ts";
import type { PairProgress } from "./pair_progress.ts";

/** A code is for one attempt: what to do when that came to nothing. */
export const PAIR_ANEW =
  "begin again with a new code: wire pair-host on one side, wire pair-join on the other";

/** For telling the relay that it is over, after which a daemon goes on trying. */
const LAST_WORDS_MS = 3_000;

export type GivenUp = Extract<PairProgress, { progress: "given_up" }>;

/** @param end ends the record and tells the relay, as far as it gets before the signal */
export async function lastWords(
  { platform: { clock } }: Pick<ClientContext, "platform">,
  why: string,
  end: (signal: AbortSignal) => Promise<Pick<GivenUp, "why" | "relay_told">>,
): Promise<GivenUp> {
  try {
    return { progress: "given_up", ...await end(clock.timeout(LAST_WORDS_MS)) };
  } catch (error) {
    // The failure that led here is the one to report; this one only means that the relay and the
    // record do not know yet.
    if (!(error instanceof WireError)) throw error;
    return { progress: "given_up", why, relay_told: false };
  }
}

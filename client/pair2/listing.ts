/**
 * A pairing of the form pair/2 in the words that listings of the old form have, without any secret.
 * See docs/protocol/cli.md §3.3 and docs/protocol/extensions.md §14 ruling 10.
 */
import type { Held, Pair2State } from "../../protocol/pair2/state.ts";
import { FINISH_MS, LIFE_MS } from "../../protocol/pair2/state.ts";
import type { RelayState } from "../../protocol/schemas/relay_state.ts";
import { unusedEndpoint } from "../endpoints/unused.ts";
import type { PairListing, PairListingStatus } from "../pairing/pair_listing.ts";
import { shownCode } from "./records.ts";

export const WAITING_FOR_OTHER_SIDE = "waiting for the other side to finish";

export function status2(state: Pair2State): PairListingStatus {
  switch (state.tag) {
    case "claiming":
      return state.about.side === "host" ? "request_host" : "request_guest";
    case "reopening":
    case "committing":
    case "waiting":
    case "showing":
    case "shown":
    case "confirming":
    case "awaiting":
      return "polling";
    case "comparing":
      return "sas_ready";
    case "agreed":
    case "offered":
    case "held":
      return "confirmed";
    case "verified":
      return "finalized";
    case "ended":
      return "aborted";
  }
}

/** @param relayState tells whether the peer's mailbox may be called */
export function pairListing2(state: Pair2State, relayState: RelayState): PairListing {
  const about = "about" in state ? state.about : state.remains;
  return {
    code: shownCode(state),
    code_hash: null,
    role: about.side,
    relay_url: about.relayUrl,
    status: status2(state),
    sas: "sas" in state ? state.sas : null,
    peer_did: "peerDid" in state ? state.peerDid : null,
    created_at: instant(about.createdAt),
    last_error: state.tag === "ended" ? state.error : null,
    pair_id: "meeting" in state ? state.meeting.pairId : null,
    our_slot_id: null,
    expires_at: expiry2(state),
    form: "pair/2",
    waiting_for: state.tag === "held" ? waitingFor(state, relayState) : null,
  };
}

function waitingFor({ reached, mailbox }: Held, relayState: RelayState): string {
  const unused = reached ? undefined : unusedEndpoint(relayState, mailbox.relayUrl);
  return unused === undefined ? WAITING_FOR_OTHER_SIDE : `your consent: ${unused.next}`;
}

/** RFC 3339: when it ends if nothing more happens; null once it has ended. */
export function expiry2(state: Pair2State): string | null {
  if (state.tag === "held") return instant(state.heldAt + FINISH_MS);
  if ("meeting" in state) return instant(state.meeting.expiresAt);
  return "about" in state ? instant(state.about.createdAt + LIFE_MS) : null;
}

const instant = (ms: number): string =>
  Temporal.Instant.fromEpochMilliseconds(Math.floor(ms)).toString();

/**
 * One side of a pairing by code phrase: state × event → state and effects. Host and guest are alike
 * but for their names. See docs/protocol/pairing.md §7, §8 and §11, and docs/protocol-machines.md.
 *
 * Two rules hold in every path: our bootstrap is not sealed before our operator has confirmed, and
 * nobody is pinned before the peer's bootstrap has been opened.
 */
import type { PairEffect, PairEvent, PairNotice } from "./pair_event.ts";
import {
  type Confirmed,
  ENDED_RECORD_MS,
  type EndedPair,
  expiresAt,
  type LivePair,
  type PairState,
  type SasReady,
  type Stranded,
} from "./pair_state.ts";
import type { SasProof } from "./pending_pair.ts";
import { checkTypedDigits } from "./sas.ts";

export type PairStep = readonly [PairState, readonly PairEffect[]];

/** What to do in this state, also again after a crash. */
export function resume(state: PairState): readonly PairEffect[] {
  switch (state.tag) {
    case "requested":
      return [{ tag: state.seed === undefined ? "drawSeed" : "open" }];
    case "polling":
    case "sas_ready":
      return [{ tag: "look" }];
    case "confirmed":
      if (state.sealed === undefined) return [{ tag: "seal" }];
      return state.published ? [{ tag: "look" }] : [{ tag: "publish", sealed: state.sealed }];
    case "aborted":
    case "aborted_restart":
      return state.abandonDue ? [{ tag: "abandon" }] : [];
    case "stranded":
      return [];
    case "paired":
      return [{ tag: "forget" }];
  }
}

/** Total: an event that means nothing in a state returns that same state and no effects. */
export function step(state: PairState, event: PairEvent): PairStep {
  if (state.tag === "paired") return [state, []];
  if (state.tag === "aborted" || state.tag === "aborted_restart") return afterEnd(state, event);
  if (state.tag === "stranded") return ended(state, state.error);
  switch (event.tag) {
    case "tick":
      if (event.now < expiresAt(state)) return [state, []];
      return ended(state, "pairing expired before both sides had confirmed");
    case "roleTaken":
      return state.tag === "requested" ? endedHere(state, event.error) : [state, []];
    case "gone":
      return state.tag === "requested" ? [state, []] : endedHere(state, event.error);
    case "declined":
    case "failed":
      return ended(state, event.error);
    case "cancelled":
      return ended(state, "cancelled by operator");
    case "abandoned":
      return [state, []];
    default:
      return forward(state, event);
  }
}

type Forward = Exclude<
  PairEvent,
  {
    tag:
      | "tick"
      | "roleTaken"
      | "declined"
      | "cancelled"
      | "failed"
      | "gone"
      | "abandoned";
  }
>;

/** The events that lead towards being paired. */
function forward(state: Exclude<LivePair, Stranded>, event: Forward): PairStep {
  switch (state.tag) {
    case "requested":
      if (event.tag === "seedDrawn" && state.seed === undefined) {
        return entered({ ...state, seed: event.seed });
      }
      if (event.tag === "opened" && state.seed !== undefined) {
        const { pairId, slotId, slotToken } = event;
        const { about, seed } = state;
        return entered({ tag: "polling", about, pairId, seed, slotId, slotToken });
      }
      return [state, []];
    case "polling": {
      if (event.tag !== "peerJoined") return [state, []];
      const { peerMsg, sas } = event;
      return [{ ...state, tag: "sas_ready", peerMsg, sas }, [notify("digits")]];
    }
    case "sas_ready":
      if (event.tag === "digitsTyped") return judged(state, event);
      if (event.tag === "accepted") return confirmed(state, "unproved", event.now);
      if (event.tag === "peerJoined") return sameDigits(state, event);
      return [state, []];
    case "confirmed":
      return finishing(state, event);
  }
}

/** A wrong count is a slip of the finger and changes nothing; six wrong digits end it for good. */
function judged(state: SasReady, event: Extract<PairEvent, { tag: "digitsTyped" }>): PairStep {
  switch (checkTypedDigits(event.digits, state.sas).tag) {
    case "equal":
      return confirmed(state, event.proof, event.now);
    case "different":
      return ended(state, "SAS digit mismatch");
    case "wrong_count":
      return [state, []];
  }
}

const confirmed = (state: SasReady, proof: SasProof, now: number): PairStep =>
  entered({ ...state, tag: "confirmed", confirmedAt: now, proof, published: false });

function finishing(state: Confirmed, event: Forward): PairStep {
  switch (event.tag) {
    case "peerJoined":
      return sameDigits(state, event);
    case "sealed":
      if (state.sealed !== undefined) return [state, []];
      return entered({ ...state, sealed: event.sealed });
    case "published":
      if (state.sealed === undefined || state.published) return [state, []];
      return entered({ ...state, published: true });
    case "peerOpened": {
      if (!state.published) return [state, []];
      const { card, mailbox } = event;
      const pin: PairEffect = { tag: "pin", card, mailbox, proof: state.proof };
      return [{ ...state, peerDid: card.did }, [pin]];
    }
    case "pinned":
      if (state.peerDid !== event.peerDid) return [state, []];
      return [
        { tag: "paired", about: state.about, peerDid: event.peerDid },
        [{ tag: "forget" }, notify("paired")],
      ];
    default:
      return [state, []];
  }
}

/** The digits on the screen belong to one message: 0.5.19 does not store it, the relay repeats it. */
function sameDigits(
  state: SasReady | Confirmed,
  event: Extract<PairEvent, { tag: "peerJoined" }>,
): PairStep {
  if (state.peerMsg !== undefined) return [state, []];
  if (event.sas !== state.sas) return ended(state, "the relay changed the peer's message");
  const next = { ...state, peerMsg: event.peerMsg };
  return next.tag === "confirmed" ? entered(next) : [next, []];
}

/** In the new state, what that state asks for. */
const entered = (state: PairState): PairStep => [state, resume(state)];

const notify = (notice: PairNotice): PairEffect => ({ tag: "notify", notice });

/** Ends it here; nothing at the relay is ours to end. */
const endedHere = (state: LivePair, error: string): PairStep => [
  { tag: "aborted", about: state.about, error: withOtherSide(state, error), abandonDue: false },
  [notify("aborted")],
];

/** Ends it here and, if the slot at the relay may be ours, there: the other side then sees 404. */
function ended(state: LivePair, error: string): PairStep {
  const tag = state.tag === "stranded" ? "aborted_restart" : "aborted";
  const notice = state.tag === "stranded" ? "restart" : "aborted";
  const abandonDue = mayAbandon(state);
  const abandon: PairEffect[] = abandonDue ? [{ tag: "abandon" }] : [];
  return [
    { tag, about: state.about, error: withOtherSide(state, error), abandonDue },
    [...abandon, notify(notice)],
  ];
}

/** Once our bootstrap was there to be fetched, the peer may have finished without us. */
const withOtherSide = (state: LivePair, error: string): string =>
  state.tag === "confirmed" && state.published
    ? `${error}; the other side may show us as verified: pair again`
    : error;

/**
 * Never a slot in which we have no part: a third party with the code must not end what two others
 * have begun. A host drew the code itself, so what is there was opened by it, answered or not.
 */
const mayAbandon = (state: LivePair): boolean =>
  state.tag !== "requested" || (state.seed !== undefined && state.about.role === "host");

/** What ended stays ended: only the relay is still told, and the record goes in time. */
function afterEnd(state: EndedPair, event: PairEvent): PairStep {
  if (event.tag === "abandoned" && state.abandonDue) return [{ ...state, abandonDue: false }, []];
  const old = event.tag === "tick" && event.now > state.about.createdAt + ENDED_RECORD_MS;
  return old ? [state, [{ tag: "forget" }]] : [state, []];
}

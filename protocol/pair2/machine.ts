/**
 * One side of a pairing of the form pair/2: state × event → state and effects.
 * See docs/protocol/extensions.md §10 and docs/protocol/pairing.md §7.
 *
 * The rules that hold in every path: each phase waits for the peer's one before; a guest confirms
 * first; a wrong `confirm` ends the code; our card is not sealed before our operator has said yes;
 * the peer is held only when its card has been opened and checked, and trusted only when it is known
 * to hold us; and nothing is trusted that the digits do not stand for.
 */
import { checkTypedDigits } from "../pairing/sas.ts";
import type { SasProof } from "../pairing/pending_pair.ts";
import { toBase64 } from "../identity/keys.ts";
import { printJson } from "../json/print.ts";
import {
  exchangedOf,
  exchangeOf,
  ownCard,
  ownConfirm,
  ownDone,
  peerCard,
  peerConfirmed,
  peerIsDone,
  transcriptOf,
} from "./derive.ts";
import { ended, orReopen } from "./ending.ts";
import type { Look, Pair2Effect, Pair2Event, Phase, Self2 } from "./event.ts";
import {
  type Claiming,
  type Comparing,
  type Ended,
  FINISH_MS,
  type Held,
  isOver,
  LIFE_MS,
  type Live2,
  type Meeting,
  type Offered,
  type Pair2About,
  type Pair2State,
  type Secrets2,
  type Verified,
} from "./state.ts";

export type Pair2Step = readonly [Pair2State, readonly Pair2Effect[]];

/** The first state; its secrets are fresh random bytes. */
export const begin = (about: Pair2About, secrets: Secrets2): Claiming => ({
  tag: "claiming",
  about,
  secrets,
});

/** What to do in this state, also again after a crash: always the same bytes. */
export function resume(self: Self2, state: Pair2State): readonly Pair2Effect[] {
  switch (state.tag) {
    case "claiming":
      return [{ tag: "claim" }];
    case "reopening":
      return [{ tag: "reopen" }];
    case "committing":
      return [put("commit", toBase64(exchangeOf(self, state).commit))];
    case "showing":
      return [put("pake", toBase64(exchangeOf(self, state).pake))];
    case "confirming":
      return [put("confirm", ownConfirm(self, state))];
    case "agreed":
      return [state.sealed === undefined ? { tag: "makeOffer" } : put("card", state.sealed)];
    case "waiting":
    case "shown":
    case "awaiting":
    case "comparing":
    case "offered":
      return [{ tag: "look" }];
    case "held":
      return finishingOf(self, state);
    case "verified":
      return state.closing === undefined ? [] : [{ tag: "close", ...state.closing }];
    case "ended":
      return [
        ...(state.closing === undefined ? [] : [{ tag: "close", ...state.closing } as const]),
        ...(state.revoking ? [{ tag: "revoke" } as const] : []),
      ];
  }
}

function finishingOf(self: Self2, state: Held): readonly Pair2Effect[] {
  const { mailbox, endpoints, proof, peerCard: card } = state;
  if (!state.reached) return [{ tag: "reach", mailbox }];
  if (!state.told) return [put("done", ownDone(self, state))];
  if (!state.mailed) return [{ tag: "heartbeat", mailbox, th: transcriptOf(self, state) }];
  if (!state.peerDone) return [{ tag: "look" }];
  return [{ tag: "trust", card, mailbox, endpoints, proof }];
}

const put = (phase: Phase, body: string): Pair2Effect => ({ tag: "put", phase, body });

/** Total: an event that means nothing in a state returns that same state and no effects. */
export function step(self: Self2, state: Pair2State, event: Pair2Event): Pair2Step {
  if (isOver(state)) return [settled(state, event), []];
  switch (event.tag) {
    case "tick":
      return ticked(state, event.now);
    case "declined":
      return state.tag === "comparing"
        ? ended(state, "the digits were not confirmed")
        : [state, []];
    case "cancelled":
      return ended(state, "cancelled by operator");
    case "failed":
      // Once the peer's card is held, only the peer's word or time decides.
      return state.tag === "held" && !state.peerDone ? [state, []] : ended(state, event.error);
    default:
      break;
  }
  switch (state.tag) {
    case "claiming":
      return event.tag === "claimed" ? claimed(self, state, event) : [state, []];
    case "reopening": {
      if (event.tag !== "reopened" || event.meeting.pairId === state.meeting.pairId) {
        return [state, []];
      }
      const { meeting, secrets } = event;
      return entered(self, { tag: "committing", about: state.about, meeting, secrets });
    }
    case "held":
      return finishing(self, state, event);
    default:
      return meeting(self, state, event);
  }
}

function claimed(
  self: Self2,
  { about, secrets }: Claiming,
  { meeting }: Extract<Pair2Event, { tag: "claimed" }>,
): Pair2Step {
  if (about.nameplate !== undefined && about.nameplate !== meeting.nameplate) {
    return ended(
      { tag: "committing", about, secrets, meeting },
      "the relay gave the place of another code",
    );
  }
  const named = { ...about, nameplate: meeting.nameplate };
  return entered(self, { tag: "committing", about: named, secrets, meeting });
}

function meeting(self: Self2, state: Meeting, event: Pair2Event): Pair2Step {
  switch (event.tag) {
    case "put":
      return wasPut(self, state, event);
    case "putRefused":
      return ended(state, event.error);
    case "looked":
      if (event.look.closed !== null) return ended(state, closedText(event.look.closed));
      return looked(self, withExpiry(state, event.look), event.look, event.now);
    case "digitsTyped":
      return state.tag === "comparing" ? judged(self, state, event) : [state, []];
    case "accepted":
      return state.tag === "comparing" ? agreed(self, state, "unproved") : [state, []];
    case "offerMade": {
      if (state.tag !== "agreed" || state.sealed !== undefined) return [state, []];
      return entered(self, { ...state, sealed: ownCard(self, state, event.offer) });
    }
    default:
      return [state, []];
  }
}

/** Our phase is durable at the relay. */
function wasPut(
  self: Self2,
  state: Meeting,
  { phase, now }: Extract<Pair2Event, { tag: "put" }>,
): Pair2Step {
  if (state.tag === "committing" && phase === "commit") {
    return entered(self, { ...state, tag: "waiting" });
  }
  if (state.tag === "showing" && phase === "pake") {
    return entered(self, { ...state, tag: "shown", dueSince: state.dueSince ?? now });
  }
  if (state.tag === "confirming" && phase === "confirm") {
    const { peer, ...rest } = state;
    if (peer === undefined) return entered(self, { ...rest, tag: "awaiting" });
    return [
      { ...rest, ...peer, tag: "comparing" },
      [{ tag: "notify", notice: "digits" }],
    ];
  }
  if (state.tag === "agreed" && phase === "card" && state.sealed !== undefined) {
    const { sealed: _sent, ...rest } = state;
    return entered(self, { ...rest, tag: "offered" });
  }
  return [state, []];
}

/** The relay extends it once, when the guest arrives. */
const withExpiry = <State extends Meeting>(state: State, { expiresAt }: Look): State =>
  expiresAt === state.meeting.expiresAt
    ? state
    : { ...state, meeting: { ...state.meeting, expiresAt } };

/** What the peer has left; only the phase that is due next is looked at. */
function looked(self: Self2, state: Meeting, { joined, peer }: Look, now: number): Pair2Step {
  switch (state.tag) {
    case "waiting": {
      if (peer.commit !== undefined) {
        // From now on the end is told as an attempt: our exchange is about to be seen.
        const about = { ...state.about, tried: true };
        const peerCommit = peer.commit;
        return entered(self, { ...state, about, tag: "showing", peerCommit, dueSince: now });
      }
      return orReopen(joined ? { ...state, dueSince: state.dueSince ?? now } : state, now);
    }
    case "shown": {
      if (peer.pake === undefined) return orReopen(state, now);
      const next = { ...state, peerPake: peer.pake, dueSince: now };
      const exchanged = exchangedOf(self, next);
      if (!exchanged.ok) return ended(state, exchanged.text);
      const tag = state.about.side === "guest" ? "confirming" : "awaiting";
      return entered(self, { ...next, tag });
    }
    case "awaiting": {
      if (peer.confirm === undefined) return orReopen(state, now);
      const confirmed = peerConfirmed(self, state, peer.confirm);
      if (!confirmed.ok) return ended(state, confirmed.text);
      if (state.about.side === "host") {
        return entered(self, { ...state, tag: "confirming", peer: confirmed.compared });
      }
      return [
        { ...state, ...confirmed.compared, tag: "comparing" },
        [{ tag: "notify", notice: "digits" }],
      ];
    }
    case "offered":
      return peer.card === undefined ? [state, []] : opened(self, state, peer.card, now);
    default:
      return [state, []];
  }
}

/** A wrong count is a slip of the finger and changes nothing; six wrong digits end it for good. */
function judged(
  self: Self2,
  state: Comparing,
  event: Extract<Pair2Event, { tag: "digitsTyped" }>,
): Pair2Step {
  switch (checkTypedDigits(event.digits, state.sas).tag) {
    case "equal":
      return agreed(self, state, event.proof);
    case "different":
      return ended(state, "SAS digit mismatch");
    case "wrong_count":
      return [state, []];
  }
}

const agreed = (self: Self2, state: Comparing, proof: SasProof): Pair2Step =>
  entered(self, { ...state, tag: "agreed", proof });

/** The only way to hold a peer: after our operator's yes, with a card that passed every check. */
function opened(self: Self2, state: Offered, sealed: string, now: number): Pair2Step {
  const peer = peerCard(self, state, sealed);
  if (!peer.ok) return ended(state, peer.text);
  return entered(self, {
    ...state,
    tag: "held",
    peerDid: peer.card.did,
    peerCard: printJson(peer.card.card),
    mailbox: peer.mailbox,
    endpoints: peer.endpoints,
    heldAt: now,
    reached: false,
    told: false,
    mailed: false,
    peerDone: false,
  });
}

function finishing(self: Self2, state: Held, event: Pair2Event): Pair2Step {
  switch (event.tag) {
    case "reached":
      return state.reached ? [state, []] : entered(self, { ...state, reached: true });
    case "put":
    case "putRefused": {
      // A place that is closed takes no `done`; the heartbeat says the same.
      if (event.phase !== "done" || !state.reached || state.told) return [state, []];
      return entered(self, { ...state, told: true });
    }
    case "mailed": {
      if (!state.told || state.mailed) return [state, []];
      const [next, effects] = entered(self, { ...state, mailed: true });
      if (state.peerDone) return [next, effects];
      return [next, [...effects, { tag: "notify", notice: "waiting_for_other_side" }]];
    }
    case "looked": {
      const sealed = event.look.peer.done;
      if (sealed === undefined || state.peerDone || !peerIsDone(self, state, sealed)) {
        return [state, []];
      }
      return entered(self, { ...state, peerDone: true });
    }
    case "heard":
      if (event.peerKey !== state.peerKey || state.peerDone) return [state, []];
      return entered(self, { ...state, peerDone: true });
    case "trusted":
      return trusted(self, state);
    default:
      return [state, []];
  }
}

function trusted(self: Self2, state: Held): Pair2Step {
  if (!(state.reached && state.told && state.mailed && state.peerDone)) return [state, []];
  const { about, meeting, peerDid, peerKey } = state;
  const { side, relayUrl, createdAt } = about;
  const { nameplate, pairId, sideToken } = meeting;
  const remains = { side, relayUrl, createdAt, nameplate };
  const closing = { pairId, sideToken };
  const [next, effects] = entered(self, { tag: "verified", remains, peerDid, peerKey, closing });
  return [next, [...effects, { tag: "notify", notice: "verified" }]];
}

function ticked(state: Live2, now: number): Pair2Step {
  if (state.tag === "held") {
    if (state.peerDone || now < state.heldAt + FINISH_MS) return [state, []];
    return ended(state, "the other side did not finish");
  }
  if (now < state.about.createdAt + LIFE_MS) return [state, []];
  return ended(state, closedText("expired"));
}

function closedText(closed: "done" | "abandoned" | "expired"): string {
  if (closed === "expired") return "the code expired before both sides had confirmed";
  return "the other side gave up, or opened the code anew";
}

/** What is over stays over: only the relay is still told, and the grant taken back. */
function settled(state: Verified | Ended, event: Pair2Event): Pair2State {
  if (event.tag === "closed" && state.closing !== undefined) {
    const { closing: _told, ...rest } = state;
    return rest;
  }
  if (event.tag === "revoked" && state.tag === "ended") return { ...state, revoking: false };
  return state;
}

/** In the new state, what that state asks for. */
const entered = (self: Self2, state: Pair2State): Pair2Step => [state, resume(self, state)];

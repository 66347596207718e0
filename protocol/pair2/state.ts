/**
 * Where a pairing of the form pair/2 stands. Every value is text or number, so that a state can be
 * written to a file (mode 0600: it holds the words) and a restart sends the same bytes again.
 * See docs/protocol/extensions.md §10.
 */
import type { EpochMs, RelayUrl } from "../ids.ts";
import type { SasProof } from "../pairing/pending_pair.ts";
import type { Endpoint2, Route2 } from "./card.ts";
import type { Side } from "./side.ts";

/** A guest that lets the host wait longer holds the code without having the words. */
export const DUE_MS = 10_000;
export const MAX_REOPENS = 2;
/**
 * Three openings of twenty minutes each: over by then even if the relay never answers again. Before
 * that the relay says what has expired, so that no two clocks need to agree.
 */
export const LIFE_MS = 3_600_000;
/** How long a side that has pinned the other waits to hear the same from it. */
export const FINISH_MS = 24 * 3_600_000;

/** What never changes, but for the counters. */
export interface Pair2About {
  readonly side: Side;
  readonly relayUrl: RelayUrl;
  /** 32 hex digits: makes a repeated first request the same request. */
  readonly claim: string;
  readonly words: readonly string[];
  /** A guest has it from the code, a host from the relay. */
  readonly nameplate?: string;
  readonly createdAt: EpochMs;
  /** How often the code was opened anew, counted before anything is sent. */
  readonly reopened: number;
  /** An exchange was shown to somebody: any end is told as an attempt. */
  readonly tried: boolean;
}

/** Fresh for each opening; base64. */
export interface Secrets2 {
  /** 32 bytes. */
  readonly seed: string;
  /** 32 bytes. */
  readonly r: string;
  /** 12 bytes each. */
  readonly confirmNonce: string;
  readonly cardNonce: string;
  readonly doneNonce: string;
}

/** What the relay gave. */
export interface Meeting2 {
  readonly nameplate: string;
  /** 32 hex digits. */
  readonly pairId: string;
  /** 32 hex digits; a secret between this side and the relay. */
  readonly sideToken: string;
  /** By the relay's clock, to be shown. */
  readonly expiresAt: EpochMs;
}

interface Met {
  readonly about: Pair2About;
  readonly secrets: Secrets2;
  readonly meeting: Meeting2;
  /** Host only: when the guest's next phase became due; undefined until it is. */
  readonly dueSince?: EpochMs;
}

interface Committed {
  /** Base64. */
  readonly peerCommit: string;
}

interface Exchanged extends Committed {
  /** Base64. */
  readonly peerPake: string;
}

/** What the operators compare, and the key it stands for. */
export interface Compared extends Exchanged {
  /** Six digits. */
  readonly sas: string;
  /** Ed25519, hex. */
  readonly peerKey: string;
}

/** Asks the relay for a place. */
export interface Claiming {
  readonly tag: "claiming";
  readonly about: Pair2About;
  readonly secrets: Secrets2;
}

/** Host only: asks for another place under the same nameplate. */
export interface Reopening {
  readonly tag: "reopening";
  readonly about: Pair2About;
  readonly secrets: Secrets2;
  readonly meeting: Meeting2;
}

/** Our `commit` goes out. */
export interface Committing extends Met {
  readonly tag: "committing";
}

/** Waits for the peer's `commit`. */
export interface Waiting extends Met {
  readonly tag: "waiting";
}

/** Our `pake` goes out. */
export interface Showing extends Met, Committed {
  readonly tag: "showing";
}

/** Waits for the peer's `pake`. */
export interface Shown extends Met, Committed {
  readonly tag: "shown";
}

/** Our `confirm` goes out; a host has checked the guest's before. */
export interface Confirming extends Met, Exchanged {
  readonly tag: "confirming";
  readonly peer?: Compared;
}

/** Waits for the peer's `confirm`. */
export interface Awaiting extends Met, Exchanged {
  readonly tag: "awaiting";
}

/** The operator compares. */
export interface Comparing extends Met, Compared {
  readonly tag: "comparing";
}

/** Our operator said yes: our `card` is sealed, and goes out. */
export interface Agreed extends Met, Compared {
  readonly tag: "agreed";
  readonly proof: SasProof;
  /** Base64. */
  readonly sealed?: string;
}

/** Waits for the peer's `card`. */
export interface Offered extends Met, Compared {
  readonly tag: "offered";
  readonly proof: SasProof;
}

/** The peer's card is checked and kept here; no file of 0.5.19 shows it before the peer is done. */
export interface Held extends Met, Compared {
  readonly tag: "held";
  readonly proof: SasProof;
  readonly peerDid: string;
  /** JSON text in stored form, so that its numbers stay as they were signed. */
  readonly peerCard: string;
  readonly mailbox: Route2;
  readonly endpoints: readonly Endpoint2[];
  readonly heldAt: EpochMs;
  /** Its mailbox takes our grant. */
  readonly reached: boolean;
  /** Our `done` is at the relay, or the relay takes it no more. */
  readonly told: boolean;
  /** The heartbeat is queued. */
  readonly mailed: boolean;
  /** The peer has pinned us. */
  readonly peerDone: boolean;
}

/** What remains when it is over: no words and no secrets of the exchange. */
export interface Remains {
  readonly side: Side;
  readonly relayUrl: RelayUrl;
  readonly createdAt: EpochMs;
  readonly nameplate?: string;
}

export interface Closing {
  readonly pairId: string;
  readonly sideToken: string;
}

/** Both sides hold the other's card. */
export interface Verified {
  readonly tag: "verified";
  readonly remains: Remains;
  readonly peerDid: string;
  /** Hex. */
  readonly peerKey: string;
  /** The relay has not been told yet. */
  readonly closing?: Closing;
}

export interface Ended {
  readonly tag: "ended";
  readonly remains: Remains;
  /** For people. */
  readonly error: string;
  /** Somebody may have tried to guess the words. */
  readonly tried: boolean;
  readonly closing?: Closing;
  /** A grant for the peer may be out, and must be taken back. */
  readonly revoking: boolean;
}

/** Before the peer's card is held: a place that is closed ends it. */
export type Meeting =
  | Committing
  | Waiting
  | Showing
  | Shown
  | Confirming
  | Awaiting
  | Comparing
  | Agreed
  | Offered;

export type Live2 = Claiming | Reopening | Meeting | Held;
export type Pair2State = Live2 | Verified | Ended;
export type Pair2Tag = Pair2State["tag"];

export const isOver = (state: Pair2State): state is Verified | Ended =>
  state.tag === "verified" || state.tag === "ended";

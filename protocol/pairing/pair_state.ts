/**
 * Where a pairing stands. The tags are the statuses of 0.5.19's pending file, so that either program
 * can go on where the other stopped. See docs/protocol/pairing.md §11.2 and §11.6.
 */
import type { CodeHash, CodePhrase, EpochMs, PairId, RelayUrl } from "../ids.ts";
import type { PairRole, SasProof } from "./pending_pair.ts";

/** A pairing that has not ended by then ends. */
export const PAIR_LIFE_MS = 30 * 60_000;
/** How long the other operator has after ours has confirmed. */
export const FINISH_LIFE_MS = 10 * 60_000;
/** The record of an ended pairing goes after this. */
export const ENDED_RECORD_MS = 3_600_000;
/** The relay forgets a pair slot that nobody touched for 300 s; touched at least so often it stays. */
export const KEEP_ALIVE_MS = 60_000;

/** What never changes. */
export interface PairAbout {
  readonly code: CodePhrase;
  readonly codeHash: CodeHash;
  readonly role: PairRole;
  readonly relayUrl: RelayUrl;
  readonly createdAt: EpochMs;
}

/** From `POST /v1/pair` on. */
export interface PairMeeting {
  readonly pairId: PairId;
  /** 32 bytes, base64; a secret. */
  readonly seed: string;
  /** As it was when the meeting was opened; only for 0.5.19, which asks for it. */
  readonly slotId: string;
  readonly slotToken: string;
}

/** What the digits belong to. */
export interface PairDigits {
  /** The peer's SPAKE2 message, base64; undefined in a record of 0.5.19. */
  readonly peerMsg: string | undefined;
  /** Six digits. */
  readonly sas: string;
}

/** Waits to be opened: the statuses `request_host` and `request_guest`. */
export interface Requested {
  readonly tag: "requested";
  readonly about: PairAbout;
  /** 32 bytes, base64; undefined in a request of 0.5.19. */
  readonly seed?: string;
}

export interface Polling extends PairMeeting {
  readonly tag: "polling";
  readonly about: PairAbout;
}

export interface SasReady extends PairMeeting, PairDigits {
  readonly tag: "sas_ready";
  readonly about: PairAbout;
}

export interface Confirmed extends PairMeeting, PairDigits {
  readonly tag: "confirmed";
  readonly about: PairAbout;
  /** Undefined in a record of 0.5.19. */
  readonly confirmedAt: EpochMs | undefined;
  readonly proof: SasProof;
  /** Our sealed bootstrap, base64. */
  readonly sealed?: string;
  readonly published: boolean;
  /** Known once the peer's bootstrap has been opened. */
  readonly peerDid?: string;
}

/** Its record lacks what is needed to go on: the next event, whatever it is, ends it. */
export interface Stranded {
  readonly tag: "stranded";
  readonly about: PairAbout;
  readonly error: string;
}

/** Done; the record is gone. */
export interface Paired {
  readonly tag: "paired";
  readonly about: PairAbout;
  readonly peerDid: string;
}

interface EndedState {
  readonly about: PairAbout;
  /** For people. */
  readonly error: string;
  /** The relay has not been told yet. */
  readonly abandonDue: boolean;
}

export interface Aborted extends EndedState {
  readonly tag: "aborted";
}

/** A restart found it without what is needed to go on. */
export interface AbortedRestart extends EndedState {
  readonly tag: "aborted_restart";
}

export type LivePair = Requested | Polling | SasReady | Confirmed | Stranded;
export type EndedPair = Aborted | AbortedRestart;
export type PairState = LivePair | Paired | EndedPair;
export type PairTag = PairState["tag"];

export const isEnded = (state: PairState): state is Paired | EndedPair =>
  state.tag === "paired" || state.tag === "aborted" || state.tag === "aborted_restart";

/** When this pairing ends if nothing more happens. */
export function expiresAt(state: LivePair): EpochMs {
  const life = state.about.createdAt + PAIR_LIFE_MS;
  if (state.tag !== "confirmed" || state.confirmedAt === undefined) return life;
  return Math.min(life, state.confirmedAt + FINISH_LIFE_MS);
}

/**
 * What follows from a state and our key: the bytes of each phase of ours, and what those of the peer
 * mean. Computed anew each time, so that no key of the exchange is ever stored.
 */
import { fromBase64Strict, toBase64 } from "../identity/keys.ts";
import { pinCard } from "../trust/trust.ts";
import {
  type Bootstrap2,
  bootstrap2Plaintext,
  isDone,
  openCard,
  sealCard,
  sealDone,
} from "./card.ts";
import type { PeerCard } from "./card.ts";
import { checkConfirm, type ConfirmFailure, makeConfirm } from "./confirm.ts";
import { sasDigits2, type Shared } from "./encoding.ts";
import { otherSide } from "./side.ts";
import type { Self2 } from "./event.ts";
import { type Exchange, type Exchanged, startExchange } from "./exchange.ts";
import type { Compared, Meeting2, Pair2About, Secrets2 } from "./state.ts";

interface Known {
  readonly about: Pair2About;
  readonly secrets: Secrets2;
  readonly meeting: Meeting2;
}

interface KnownBoth extends Known {
  readonly peerCommit: string;
  readonly peerPake: string;
}

/** Bytes of a base64 text; none for a text that is not base64, which no check lets pass. */
const bytesOf = (text: string): Uint8Array => fromBase64Strict(text) ?? new Uint8Array(0);

export const exchangeOf = ({ keys }: Self2, { about, secrets, meeting }: Known): Exchange =>
  startExchange({
    side: about.side,
    pairId: meeting.pairId,
    nameplate: meeting.nameplate,
    words: about.words,
    publicKey: keys.publicKey,
    r: bytesOf(secrets.r),
    seed: bytesOf(secrets.seed),
  });

export const exchangedOf = (self: Self2, state: KnownBoth): Exchanged =>
  exchangeOf(self, state).finish({
    commit: bytesOf(state.peerCommit),
    pake: bytesOf(state.peerPake),
  });

/** For a state whose peer's messages have been checked before. */
function sharedOf(self: Self2, state: KnownBoth): Shared {
  const exchanged = exchangedOf(self, state);
  if (!exchanged.ok) throw new RangeError(`expected a finished exchange: ${exchanged.text}`);
  return exchanged.shared;
}

/** Transcript hash, hex. */
export const transcriptOf = (self: Self2, state: KnownBoth): string =>
  sharedOf(self, state).th.toHex();

/** Our `confirm`, base64. */
export const ownConfirm = (self: Self2, state: KnownBoth): string =>
  toBase64(makeConfirm({
    side: state.about.side,
    shared: sharedOf(self, state),
    keys: self.keys,
    r: bytesOf(state.secrets.r),
    nonce: bytesOf(state.secrets.confirmNonce),
  }));

export type PeerConfirmed =
  | { readonly ok: true; readonly compared: Compared }
  | { readonly ok: false; readonly reason: ConfirmFailure; readonly text: string };

/** The peer's `confirm`, and the digits that follow from it. */
export function peerConfirmed(self: Self2, state: KnownBoth, confirm: string): PeerConfirmed {
  const exchanged = exchangedOf(self, state);
  if (!exchanged.ok) return { ok: false, reason: "wrong_words", text: exchanged.text };
  const { shared, peerKeyCommitment } = exchanged;
  const checked = checkConfirm(bytesOf(confirm), {
    side: otherSide(state.about.side),
    pairId: state.meeting.pairId,
    shared,
    peerKeyCommitment,
    ourPublicKey: self.keys.publicKey,
  });
  if (!checked.ok) return checked;
  const ours = self.keys.publicKey;
  const theirs = checked.publicKey;
  const keys = state.about.side === "host"
    ? { host: ours, guest: theirs }
    : { host: theirs, guest: ours };
  return {
    ok: true,
    compared: {
      peerCommit: state.peerCommit,
      peerPake: state.peerPake,
      sas: sasDigits2(shared, keys),
      peerKey: theirs.toHex(),
    },
  };
}

/** Our `card`, base64; to be stored before it is sent, because an offer is never made twice alike. */
export const ownCard = (self: Self2, state: KnownBoth, offer: Bootstrap2): string =>
  toBase64(sealCard({
    side: state.about.side,
    shared: sharedOf(self, state),
    nonce: bytesOf(state.secrets.cardNonce),
  }, bootstrap2Plaintext(offer)));

/** The peer's `card`, opened and checked, also against those whom we have pinned. */
export function peerCard(self: Self2, state: KnownBoth & Compared, sealed: string): PeerCard {
  const opened = openCard(bytesOf(sealed), {
    side: otherSide(state.about.side),
    shared: sharedOf(self, state),
    publicKey: Uint8Array.fromHex(state.peerKey),
  });
  if (!opened.ok) return opened;
  // The time is not kept: this only asks whether the pin may be made.
  const pin = pinCard(self.trust, opened.card, { tier: "VERIFIED", at: "1970-01-01T00:00:00Z" });
  return pin.ok ? opened : { ok: false, text: pin.message };
}

/** Our `done`, base64. */
export const ownDone = (self: Self2, state: KnownBoth & { readonly peerDid: string }): string =>
  toBase64(sealDone({
    side: state.about.side,
    shared: sharedOf(self, state),
    nonce: bytesOf(state.secrets.doneNonce),
  }, state.peerDid));

export const peerIsDone = (self: Self2, state: KnownBoth, sealed: string): boolean =>
  isDone(bytesOf(sealed), {
    side: otherSide(state.about.side),
    shared: sharedOf(self, state),
    ourDid: self.did,
  });

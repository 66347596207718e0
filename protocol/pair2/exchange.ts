/**
 * The first two phases of pair/2: each side commits to its SPAKE2 message and to its identity key
 * before it has seen anything of the other, then both are shown.
 * See docs/protocol/extensions.md §10.
 */
import { sameKey } from "../identity/keys.ts";
import { concat } from "../pairing/bytes.ts";
import { MESSAGE_BYTES, startSymmetric } from "../pairing/spake2.ts";
import { passwordOf } from "./code.ts";
import {
  commitment,
  identityOf,
  keyCommitment,
  PAKE_BYTES,
  type Shared,
  transcriptHash,
} from "./encoding.ts";
import { otherSide, type Side } from "./side.ts";

export interface OwnSecrets {
  /** 32 bytes, of which the SPAKE2 scalar is made. */
  readonly seed: Uint8Array;
  /** 32 bytes that hide the identity key in its commitment. */
  readonly r: Uint8Array;
}

export interface ExchangeInput extends OwnSecrets {
  readonly side: Side;
  /** 32 hex digits. */
  readonly pairId: string;
  readonly nameplate: string;
  readonly words: readonly string[];
  /** Ed25519, 32 bytes: the key of our card. */
  readonly publicKey: Uint8Array;
}

export interface PeerPhases {
  readonly commit: Uint8Array;
  readonly pake: Uint8Array;
}

export type Exchanged =
  | {
    readonly ok: true;
    readonly shared: Shared;
    /** `k` of the peer: what its identity key must open. */
    readonly peerKeyCommitment: Uint8Array;
  }
  | { readonly ok: false; readonly text: string };

export interface Exchange {
  /** 32 bytes. */
  readonly commit: Uint8Array;
  /** 65 bytes. */
  readonly pake: Uint8Array;
  /** Total. Other words at the other side give another key, not a failure. */
  finish(peer: PeerPhases): Exchanged;
}

/** The same bytes for the same input, also after a restart. @throws {RangeError} a bad seed */
export function startExchange(input: ExchangeInput): Exchange {
  const { side, pairId, nameplate, words, publicKey, r, seed } = input;
  const spake = startSymmetric(passwordOf(words), identityOf(pairId), seed);
  const place = { side, pairId };
  const pake = concat(spake.message, keyCommitment(place, { publicKey, r }));
  const commit = commitment(place, pake);
  return {
    commit,
    pake,
    finish: (peer) => {
      if (peer.pake.length !== PAKE_BYTES) return wrong("the peer's message has a wrong length");
      const expected = commitment({ side: otherSide(side), pairId }, peer.pake);
      if (!sameKey(expected, peer.commit)) {
        return wrong("the peer's message is not the one it committed to");
      }
      const finish = spake.finish(peer.pake.subarray(0, MESSAGE_BYTES));
      if (!finish.ok) return wrong(`SPAKE2 finish failed: ${finish.reason}`);
      const own = { commit, pake };
      const [host, guest] = side === "host" ? [own, peer] : [peer, own];
      const th = transcriptHash({
        pairId,
        nameplate,
        commits: { host: host.commit, guest: guest.commit },
        pakes: { host: host.pake, guest: guest.pake },
      });
      return {
        ok: true,
        shared: { key: finish.key, th },
        peerKeyCommitment: peer.pake.slice(MESSAGE_BYTES),
      };
    },
  };
}

const wrong = (text: string): Exchanged => ({ ok: false, text });

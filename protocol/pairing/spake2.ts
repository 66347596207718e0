/**
 * SPAKE2 in its symmetric mode over the Ed25519 group: both sides know a password, and whoever does
 * not learns nothing. The construction of Warner's libraries, not RFC 9382.
 * See docs/protocol/pairing.md §5.
 */
import { hkdfSync } from "node:crypto";
import { chacha20 } from "@noble/ciphers/chacha.js";
import { Point } from "@noble/ed25519";
import { sha256 } from "../identity/encoding.ts";
import type { CodeHash, CodePhrase } from "../ids.ts";
import { concat, inOrder } from "./bytes.ts";

const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
/** The library's arbitrary element for the seed `symmetric`. */
const S = Point.fromHex("6f00dae87c1be1a73b5922ef431cd8f57879569c222d22b1cd71e8546ab8e6f1");
/** ASCII `S`: the message is from a symmetric side. */
const SIDE = 0x53;
const PASSWORD_INFO = "SPAKE2 pw";
const PASSWORD_BYTES = 48;
const POINT_BYTES = 32;

export const SEED_BYTES = 32;
export const MESSAGE_BYTES = 1 + POINT_BYTES;

/** The first three are the reference's; the rest it accepts and we do not. */
export type Spake2Failure =
  | "WrongLength"
  | "BadSide"
  | "CorruptMessage"
  | "Reflection"
  | "SmallOrder"
  | "NotPrimeOrder";

export type Spake2Finish =
  | { readonly ok: true; /** 32 bytes. */ readonly key: Uint8Array }
  | { readonly ok: false; readonly reason: Spake2Failure };

export interface Spake2 {
  /** 33 bytes, the same for the same seed. */
  readonly message: Uint8Array;
  /** Total. Another password or identity at the other side gives another key, not a failure. */
  finish(peerMessage: Uint8Array): Spake2Finish;
}

export interface Spake2Input {
  readonly code: CodePhrase;
  readonly codeHash: CodeHash;
  /** 32 random bytes; a secret, as good as the key for whoever has the code. */
  readonly seed: Uint8Array;
}

/** @throws {RangeError} if the seed has another length, or is one in 2^252 that gives no scalar */
export function startSpake2({ code, codeHash, seed }: Spake2Input): Spake2 {
  const encoder = new TextEncoder();
  return startSymmetric(encoder.encode(code), encoder.encode(codeHash), seed);
}

/** The same over any password and identity. */
export function startSymmetric(
  password: Uint8Array,
  identity: Uint8Array,
  seed: Uint8Array,
): Spake2 {
  const x = scalarFromSeed(seed);
  const blind = S.multiply(passwordScalar(password));
  const own = Point.BASE.multiply(x).add(blind).toBytes();
  return {
    message: concat(Uint8Array.of(SIDE), own),
    finish: (message) => {
      const peer = peerPoint(message, own);
      if (!peer.ok) return peer;
      const unblinded = peer.point.subtract(blind);
      if (unblinded.is0()) return { ok: false, reason: "SmallOrder" };
      const shared = unblinded.multiply(x).toBytes();
      const ends = inOrder(own, message.subarray(1));
      const transcript = concat(sha256(password), sha256(identity), ...ends, shared);
      return { ok: true, key: Uint8Array.from(sha256(transcript)) };
    },
  };
}

type PeerPoint =
  | { readonly ok: true; readonly point: Point }
  | { readonly ok: false; readonly reason: Spake2Failure };

function peerPoint(message: Uint8Array, own: Uint8Array): PeerPoint {
  if (message.length !== MESSAGE_BYTES) return { ok: false, reason: "WrongLength" };
  if (message[0] !== SIDE) return { ok: false, reason: "BadSide" };
  const bytes = message.subarray(1);
  if (bytes.every((byte, i) => byte === own[i])) return { ok: false, reason: "Reflection" };
  let point: Point;
  try {
    point = Point.fromBytes(Uint8Array.from(bytes)); // strict: y < p, and no minus zero
  } catch {
    // Any refusal to decode has the one name that the reference gives it.
    return { ok: false, reason: "CorruptMessage" };
  }
  if (point.isSmallOrder()) return { ok: false, reason: "SmallOrder" };
  if (!point.isTorsionFree()) return { ok: false, reason: "NotPrimeOrder" };
  return { ok: true, point };
}

/** HKDF to 48 bytes, big-endian, modulo the order. */
export function passwordScalar(password: Uint8Array): bigint {
  const okm = hkdfSync("sha256", password, new Uint8Array(0), PASSWORD_INFO, PASSWORD_BYTES);
  return scalar(new Uint8Array(okm));
}

/**
 * The first 64 bytes of the ChaCha20 keystream under the seed (nonce and counter zero), little-endian,
 * modulo the order: what 0.5.19 makes of `spake2_seed_b64` (docs/protocol/pairing.md §5.1).
 */
export function scalarFromSeed(seed: Uint8Array): bigint {
  if (seed.length !== SEED_BYTES) {
    throw new RangeError(`expected a 32-byte seed, got ${seed.length}`);
  }
  const stream = chacha20(Uint8Array.from(seed), new Uint8Array(12), new Uint8Array(64));
  return scalar(stream.toReversed());
}

function scalar(bigEndian: Uint8Array): bigint {
  const value = BigInt(`0x${bigEndian.toHex()}`) % ORDER;
  if (value === 0n) throw new RangeError("expected a scalar that is not zero");
  return value;
}

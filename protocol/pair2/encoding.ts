/**
 * The byte strings of pair/2: commitments, transcript, keys and digits, exactly as in
 * docs/protocol/extensions.md §10. Identifiers enter as ASCII text, everything else as raw bytes.
 */
import { hkdfSync } from "node:crypto";
import { sha256 } from "../identity/encoding.ts";
import { concat } from "../pairing/bytes.ts";
import { MESSAGE_BYTES } from "../pairing/spake2.ts";
import type { BySide, Side } from "./side.ts";

export const HASH_BYTES = 32;
/** SPAKE2 message ‖ key commitment. */
export const PAKE_BYTES = MESSAGE_BYTES + HASH_BYTES;

const KEY_BYTES = 32;
const encoder = new TextEncoder();

/** UTF-8; all texts of the protocol are ASCII. */
export const ascii = (text: string): Uint8Array<ArrayBuffer> => encoder.encode(text);

/** Two bytes of length, big-endian, then the bytes. @throws {RangeError} beyond 65,535 bytes */
export function lengthPrefixed(part: Uint8Array | string): Uint8Array {
  const bytes = typeof part === "string" ? ascii(part) : part;
  if (bytes.length > 0xffff) throw new RangeError(`expected at most 65535, got ${bytes.length}`);
  return concat(Uint8Array.of(bytes.length >> 8, bytes.length & 0xff), bytes);
}

export interface Place {
  readonly side: Side;
  /** 32 hex digits. */
  readonly pairId: string;
}

const placed = (label: string, { side, pairId }: Place): Uint8Array =>
  concat(ascii(label), lengthPrefixed(side), lengthPrefixed(pairId));

/** `k_s`: fixes the identity key without showing it. @returns 32 bytes */
export const keyCommitment = (
  place: Place,
  opening: { readonly publicKey: Uint8Array; readonly r: Uint8Array },
): Uint8Array => sha256(concat(placed("wire/v2 key", place), opening.publicKey, opening.r));

/** `c_s`, the phase `commit`. @param pake `m_s`, 65 bytes @returns 32 bytes */
export const commitment = (place: Place, pake: Uint8Array): Uint8Array =>
  sha256(concat(placed("wire/v2 commit", place), pake));

/** What both sides have seen before the first key is used. */
export interface Transcript {
  readonly pairId: string;
  readonly nameplate: string;
  readonly commits: BySide<Uint8Array>;
  readonly pakes: BySide<Uint8Array>;
}

/** `th`, 32 bytes. */
export const transcriptHash = ({ pairId, nameplate, commits, pakes }: Transcript): Uint8Array =>
  sha256(concat(
    ascii("wire/v2 transcript"),
    lengthPrefixed(pairId),
    lengthPrefixed(nameplate),
    commits.host,
    commits.guest,
    pakes.host,
    pakes.guest,
  ));

/** The SPAKE2 identity. */
export const identityOf = (pairId: string): Uint8Array => ascii(`wire/v2 ${pairId}`);

export type SubkeyName = `${"confirm" | "id" | "card" | "done"} ${Side}` | "sas";

/** What the exchange gave: from it and a name, every key of this pairing. */
export interface Shared {
  /** SPAKE2 key, 32 bytes. */
  readonly key: Uint8Array;
  /** Transcript hash, 32 bytes. */
  readonly th: Uint8Array;
}

/** @returns 32 bytes, for one purpose and one side */
export const subkey = ({ key, th }: Shared, name: SubkeyName): Uint8Array =>
  new Uint8Array(hkdfSync("sha256", key, th, `wire/v2 ${name}`, KEY_BYTES));

/** What a side signs to show that it holds its identity key. @returns 32 bytes */
export const possessionMessage = (side: Side, th: Uint8Array): Uint8Array =>
  sha256(concat(ascii("wire/v2 possession"), lengthPrefixed(side), th));

/** The six digits: they commit to both exchanges and both identity keys. */
export function sasDigits2(shared: Shared, publicKeys: BySide<Uint8Array>): string {
  const { host, guest } = publicKeys;
  const key = subkey(shared, "sas");
  const hash = sha256(concat(ascii("wire/v2 sas"), key, shared.th, host, guest));
  const number = new DataView(hash.buffer, hash.byteOffset + 28, 4).getUint32(0);
  return String(number % 1_000_000).padStart(6, "0");
}

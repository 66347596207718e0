/** The code phrase's cryptography on noble curves. See docs/protocol/pairing.md §2, 3, 5, 6, 8. */
import { chacha20, chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { ed25519 } from "@noble/curves/ed25519.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { Buffer } from "node:buffer";
import { hash, hex, utf8 } from "./keys.ts";

const { Point } = ed25519;
const S = Point.fromHex("6f00dae87c1be1a73b5922ef431cd8f57879569c222d22b1cd71e8546ab8e6f1");
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

export function makeCode(): string {
  const [digits = 0, ...letters] = crypto.getRandomValues(new Uint8Array(7));
  const token = letters.map((byte) => ALPHABET[byte % 32]).join("");
  return `${String(digits % 100).padStart(2, "0")}-${token}`;
}

export const codeHash = (code: string): string => hex(hash(utf8(`wire/v1 code-phrase${code}`)));

const bigEndian = (bytes: Uint8Array): bigint => BigInt(`0x${hex(bytes)}`);
const passwordScalar = (code: string): bigint =>
  bigEndian(hkdf(sha256, utf8(code), new Uint8Array(), utf8("SPAKE2 pw"), 48)) % ORDER;

function secretScalar(seed: Uint8Array): bigint {
  const stream = chacha20(seed, new Uint8Array(12), new Uint8Array(64));
  return bigEndian(stream.toReversed()) % ORDER;
}

/** 33 bytes, the first an `S`. */
export function message(code: string, seed: Uint8Array): Uint8Array {
  const point = Point.BASE.multiply(secretScalar(seed)).add(S.multiply(passwordScalar(code)));
  return new Uint8Array([0x53, ...point.toBytes()]);
}

/** @throws {Error} `SPAKE2 finish failed: …` */
export function sharedKey(code: string, seed: Uint8Array, peer: Uint8Array): Uint8Array {
  if (peer.length !== 33) throw new Error("SPAKE2 finish failed: WrongLength");
  if (peer[0] !== 0x53) throw new Error("SPAKE2 finish failed: BadSide");
  const theirs = peer.slice(1);
  const ours = message(code, seed).slice(1);
  const point = Point.fromBytes(theirs).subtract(S.multiply(passwordScalar(code)))
    .multiply(secretScalar(seed));
  const [low, high] = Buffer.compare(ours, theirs) < 0 ? [ours, theirs] : [theirs, ours];
  return hash(Buffer.concat([
    hash(utf8(code)),
    hash(utf8(codeHash(code))),
    low,
    high,
    point.toBytes(),
  ]));
}

export function sas(key: Uint8Array): string {
  const halves = [key.slice(0, 16), key.slice(16)].sort(Buffer.compare);
  const digest = hash(Buffer.concat([utf8("wire/v1 sas"), key, ...halves]));
  const number = new DataView(digest.slice(28).buffer).getUint32(0);
  return String(number % 1_000_000).padStart(6, "0");
}

export const dashed = (digits: string): string => `${digits.slice(0, 3)}-${digits.slice(3)}`;

const bootstrapKey = (key: Uint8Array, code: string): Uint8Array =>
  hkdf(sha256, key, utf8(codeHash(code)), utf8("wire/v1 bootstrap-aead"), 32);

export function seal(key: Uint8Array, code: string, plaintext: string): Uint8Array {
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const sealed = chacha20poly1305(bootstrapKey(key, code), nonce).encrypt(utf8(plaintext));
  return new Uint8Array([...nonce, ...sealed]);
}

/** @throws {Error} as the reference says it */
export function open(key: Uint8Array, code: string, blob: Uint8Array): Uint8Array {
  if (blob.length < 28) throw new Error(`bootstrap blob too short: ${blob.length} bytes`);
  const cipher = chacha20poly1305(bootstrapKey(key, code), blob.slice(0, 12));
  return cipher.decrypt(blob.slice(12));
}

/**
 * pair/2 computed once more, straight from the text of docs/protocol/extensions.md §10 and
 * docs/protocol/pairing.md §5, with other libraries: noble's curves and hashes, node's cipher.
 * Shares no line with protocol/.
 */
import { createCipheriv, createPrivateKey, sign } from "node:crypto";
import { Buffer } from "node:buffer";
import { chacha20 } from "@noble/ciphers/chacha.js";
import { ed25519 } from "@noble/curves/ed25519.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";

type Bytes = Uint8Array<ArrayBufferLike>;

export interface SideInput {
  readonly side: "host" | "guest";
  readonly identitySeed: Bytes;
  readonly seed: Bytes;
  readonly r: Bytes;
  readonly confirmNonce: Bytes;
  readonly cardNonce: Bytes;
  readonly doneNonce: Bytes;
  readonly cardPlaintext: Bytes;
  readonly donePlaintext: Bytes;
}

export interface PairInput {
  readonly pairId: string;
  readonly nameplate: string;
  readonly words: readonly string[];
  readonly host: SideInput;
  readonly guest: SideInput;
}

const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const S = ed25519.Point.fromHex("6f00dae87c1be1a73b5922ef431cd8f57879569c222d22b1cd71e8546ab8e6f1");
const t = utf8ToBytes;
const H = (...parts: Bytes[]): Bytes => sha256(concatBytes(...parts));
const lp = (text: string): Bytes => {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(text.length);
  return concatBytes(length, t(text));
};
const bigEndian = (bytes: Bytes): bigint => BigInt(`0x${Buffer.from(bytes).toString("hex")}`);

function sealed(key: Bytes, nonce: Bytes, ad: Bytes, plaintext: Bytes): Bytes {
  const cipher = createCipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 });
  cipher.setAAD(ad, { plaintextLength: plaintext.length });
  const box = cipher.update(plaintext);
  cipher.final();
  return concatBytes(nonce, box, cipher.getAuthTag());
}

function signature(identitySeed: Bytes, message: Bytes): Bytes {
  const header = Buffer.from("302e020100300506032b657004220420", "hex");
  const key = createPrivateKey({
    key: Buffer.concat([header, identitySeed]),
    format: "der",
    type: "pkcs8",
  });
  return sign(null, message, key);
}

/** Every byte string of one pairing, hex, by name. */
export function computed(input: PairInput): Record<string, string> {
  const { pairId, nameplate, words } = input;
  const password = t(words.join("-"));
  const w = bigEndian(hkdf(sha256, password, new Uint8Array(0), t("SPAKE2 pw"), 48)) % ORDER;
  const out: Record<string, Bytes> = {};
  const points: Bytes[] = [];
  const scalars: bigint[] = [];
  for (const side of [input.host, input.guest]) {
    const stream = chacha20(side.seed, new Uint8Array(12), new Uint8Array(64));
    const x = bigEndian(stream.toReversed()) % ORDER;
    const T = ed25519.Point.BASE.multiply(x).add(S.multiply(w)).toBytes();
    const pk = ed25519.getPublicKey(side.identitySeed);
    const k = H(t("wire/v2 key"), lp(side.side), lp(pairId), pk, side.r);
    const m = concatBytes(t("S"), T, k);
    out[`${side.side}_public_key`] = pk;
    out[`${side.side}_pake`] = m;
    out[`${side.side}_commit`] = H(t("wire/v2 commit"), lp(side.side), lp(pairId), m);
    points.push(T);
    scalars.push(x);
  }
  const [hostT = t(""), guestT = t("")] = points;
  const [hostX = 0n] = scalars;
  const K = ed25519.Point.fromBytes(guestT).subtract(S.multiply(w)).multiply(hostX).toBytes();
  const [lo, hi] = Buffer.compare(hostT, guestT) < 0 ? [hostT, guestT] : [guestT, hostT];
  const spakeKey = H(sha256(password), sha256(t(`wire/v2 ${pairId}`)), lo, hi, K);
  const of = (name: string): Bytes => out[name] ?? t("");
  const th = H(
    ...[t("wire/v2 transcript"), lp(pairId), lp(nameplate), of("host_commit"), of("guest_commit")],
    ...[of("host_pake"), of("guest_pake")],
  );
  out["spake_key"] = spakeKey;
  out["transcript"] = th;
  const key = (name: string): Bytes => hkdf(sha256, spakeKey, th, t(`wire/v2 ${name}`), 32);
  for (const side of [input.host, input.guest]) {
    const name = side.side;
    const sig = signature(side.identitySeed, H(t("wire/v2 possession"), lp(name), th));
    const shown = concatBytes(of(`${name}_public_key`), side.r, sig);
    const box = sealed(key(`id ${name}`), side.confirmNonce, th, shown);
    const tag = hmac(sha256, key(`confirm ${name}`), concatBytes(th, box));
    out[`${name}_confirm`] = concatBytes(tag, box);
    out[`${name}_card`] = sealed(key(`card ${name}`), side.cardNonce, th, side.cardPlaintext);
    out[`${name}_done`] = sealed(key(`done ${name}`), side.doneNonce, th, side.donePlaintext);
  }
  const hash = H(t("wire/v2 sas"), key("sas"), th, of("host_public_key"), of("guest_public_key"));
  const digits = String(Buffer.from(hash).readUInt32BE(28) % 1_000_000).padStart(6, "0");
  const texts = Object.entries(out).map(([name, bytes]) => [
    name,
    Buffer.from(bytes).toString("hex"),
  ]);
  return { ...Object.fromEntries(texts), sas: digits };
}

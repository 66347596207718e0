import assert from "node:assert/strict";
import { keyPairFromSeed, toBase64 } from "../identity/keys.ts";
import { parseBootstrap } from "./bootstrap.ts";
import { codeHash, parseCodePhrase } from "./code_phrase.ts";
import { exchangeMessage, isSeed, meet, openSealed } from "./exchange.ts";

interface Side {
  seed_b64: string;
  msg_b64: string;
  sealed_b64: string;
  bootstrap_plaintext_text: string;
}
interface Recorded {
  code: string;
  code_hash: string;
  sas: string;
  aead_key_hex: string;
  host: Side;
  guest: Side;
}
const { recorded_session: recorded }: { recorded_session: Recorded } = JSON.parse(
  Deno.readTextFileSync(new URL("../../tests/vectors/aead.json", import.meta.url)),
);
const code = parseCodePhrase(recorded.code);
const stranger = keyPairFromSeed(new Uint8Array(32).fill(5)).publicKey;

Deno.test("a recorded pairing of two 0.5.19 programs, from either side", () => {
  assert.equal(codeHash(code), recorded.code_hash);
  const sides = [[recorded.host, recorded.guest], [recorded.guest, recorded.host]] as const;
  for (const [own, peer] of sides) {
    const input = { code, codeHash: codeHash(code), seed: own.seed_b64 };
    assert.equal(exchangeMessage(input), own.msg_b64);
    const met = meet(input, peer.msg_b64);
    assert.ok(met.ok);
    assert.equal(met.sas, recorded.sas);
    assert.equal(met.key.toHex(), recorded.aead_key_hex);
    const opened = openSealed(met.key, peer.sealed_b64);
    assert.ok(opened.ok);
    assert.equal(new TextDecoder().decode(opened.plaintext), peer.bootstrap_plaintext_text);
    const bootstrap = parseBootstrap(opened.plaintext, stranger);
    assert.ok(bootstrap.ok, "our checks let a genuine 0.5.19 bootstrap through");
  }
});

Deno.test("a message or a blob that is garbage is refused in words", () => {
  const input = { code, codeHash: codeHash(code), seed: recorded.host.seed_b64 };
  const refused: readonly [string, string][] = [
    ["", "SPAKE2 finish failed: WrongLength"],
    ["U9rYr25E", "SPAKE2 finish failed: WrongLength"],
    [toBase64(new Uint8Array(33)), "SPAKE2 finish failed: BadSide"],
    [recorded.host.msg_b64, "SPAKE2 finish failed: Reflection"],
    ["not base64!", "peer's SPAKE2 message is not base64"],
    [`${recorded.guest.msg_b64}\n`, "peer's SPAKE2 message is not base64"],
  ];
  for (const [message, text] of refused) {
    assert.deepEqual(meet(input, message), { ok: false, text });
  }
  const key = new Uint8Array(32);
  assert.ok(!openSealed(key, "A".repeat(1_000_000)).ok);
  assert.ok(!openSealed(key, "*").ok);
});

Deno.test("a seed is 32 bytes in strict base64", () => {
  assert.ok(isSeed(recorded.host.seed_b64));
  for (const text of [null, undefined, "", "AAAA", recorded.host.seed_b64.replace(/=$/, "")]) {
    assert.ok(!isSeed(text));
  }
});

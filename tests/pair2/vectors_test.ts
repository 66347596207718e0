/**
 * tests/vectors/pair2.json: every byte string of some pairings, against protocol/pair2/ and against a
 * second computation that shares no line with it.
 */
import assert from "node:assert/strict";
import { keyPairFromSeed } from "../../protocol/identity/keys.ts";
import type { JsonObject } from "../../protocol/json/value.ts";
import { sealCard, sealDone } from "../../protocol/pair2/card.ts";
import { formatPair2Code, parsePair2Code } from "../../protocol/pair2/code.ts";
import { checkConfirm, makeConfirm } from "../../protocol/pair2/confirm.ts";
import { sasDigits2 } from "../../protocol/pair2/encoding.ts";
import { otherSide, type Side } from "../../protocol/pair2/side.ts";
import { startExchange } from "../../protocol/pair2/exchange.ts";
import { bytesOf, casesOf, objectOf, readVectors, textOf } from "../read_vectors.ts";
import { computed, type SideInput } from "./second_opinion.ts";

const vectors = await readVectors("pair2.json");
const SIDES = ["host", "guest"] as const;

/** Of a pairing in the file. */
function inputOf(vector: JsonObject) {
  const sideOf = (side: Side): SideInput => {
    const object = objectOf(vector, side);
    return {
      side,
      identitySeed: bytesOf(object, "identity_seed_hex"),
      seed: bytesOf(object, "seed_hex"),
      r: bytesOf(object, "r_hex"),
      confirmNonce: bytesOf(object, "confirm_nonce_hex"),
      cardNonce: bytesOf(object, "card_nonce_hex"),
      doneNonce: bytesOf(object, "done_nonce_hex"),
      cardPlaintext: new TextEncoder().encode(textOf(object, "card_plaintext")),
      donePlaintext: new TextEncoder().encode(JSON.stringify({ pinned: textOf(object, "pins") })),
    };
  };
  const { nameplate, words } = parsePair2Code(textOf(vector, "code"));
  const pairId = textOf(vector, "pair_id");
  return { pairId, nameplate, words, host: sideOf("host"), guest: sideOf("guest") };
}

/** The same with protocol/pair2/. */
function ours(vector: JsonObject): Record<string, string> {
  const input = inputOf(vector);
  const { pairId, nameplate, words } = input;
  const out: Record<string, string> = {};
  const keys = {
    host: keyPairFromSeed(input.host.identitySeed),
    guest: keyPairFromSeed(input.guest.identitySeed),
  };
  const exchangeOf = (side: Side) => {
    const { r, seed } = input[side];
    const { publicKey } = keys[side];
    return startExchange({ side, pairId, nameplate, words, publicKey, r, seed });
  };
  const exchanges = { host: exchangeOf("host"), guest: exchangeOf("guest") };
  for (const side of SIDES) {
    const exchanged = exchanges[side].finish(exchanges[otherSide(side)]);
    assert.ok(exchanged.ok);
    const { shared, peerKeyCommitment } = exchanged;
    const { r, confirmNonce, cardNonce, doneNonce, cardPlaintext } = input[side];
    const confirm = makeConfirm({ side, shared, keys: keys[side], r, nonce: confirmNonce });
    const pins = textOf(objectOf(vector, side), "pins");
    const hex = {
      public_key: keys[side].publicKey,
      commit: exchanges[side].commit,
      pake: exchanges[side].pake,
      confirm,
      card: sealCard({ side, shared, nonce: cardNonce }, cardPlaintext),
      done: sealDone({ side, shared, nonce: doneNonce }, pins),
    };
    for (const [name, bytes] of Object.entries(hex)) out[`${side}_${name}`] = bytes.toHex();
    out["spake_key"] = shared.key.toHex();
    out["transcript"] = shared.th.toHex();
    const { host, guest } = keys;
    out["sas"] = sasDigits2(shared, { host: host.publicKey, guest: guest.publicKey });
    assert.notDeepEqual(peerKeyCommitment, exchanges[side].pake.slice(33));
  }
  return out;
}

Deno.test("pair/2: vectors, our code and a second computation agree on every byte", () => {
  for (const vector of casesOf(vectors, "pairings")) {
    const expected = objectOf(vector, "expected");
    assert.deepEqual({ ...expected }, computed(inputOf(vector)));
    assert.deepEqual({ ...expected }, ours(vector));
  }
});

Deno.test("pair/2: any byte of a confirm changed is refused, and so is another side's", () => {
  const [vector] = casesOf(vectors, "pairings");
  assert.ok(vector);
  const input = inputOf(vector);
  const expected = objectOf(vector, "expected");
  const guest = keyPairFromSeed(input.guest.identitySeed);
  const check = {
    side: "host" as const,
    pairId: input.pairId,
    shared: { key: bytesOf(expected, "spake_key"), th: bytesOf(expected, "transcript") },
    peerKeyCommitment: bytesOf(expected, "host_pake").slice(33),
    ourPublicKey: guest.publicKey,
  };
  const confirm = bytesOf(expected, "host_confirm");
  assert.equal(confirm.length, 188);
  assert.ok(checkConfirm(confirm, check).ok);
  for (const at of [0, 31, 32, 43, 44, 100, 187]) {
    const changed = confirm.with(at, (confirm[at] ?? 0) ^ 1);
    const refused = checkConfirm(changed, check);
    assert.ok(!refused.ok && refused.reason === "wrong_words", `byte ${at}`);
  }
  for (const length of [0, 31, 187, 189]) {
    const cut = new Uint8Array(length);
    cut.set(confirm.subarray(0, length));
    assert.ok(!checkConfirm(cut, check).ok);
  }
  assert.ok(!checkConfirm(bytesOf(expected, "guest_confirm"), check).ok, "reflected");
  const other = checkConfirm(confirm, { ...check, peerKeyCommitment: new Uint8Array(32) });
  assert.ok(!other.ok && other.reason === "wrong_key", "a key that was not committed to");
  const own = checkConfirm(confirm, {
    ...check,
    ourPublicKey: keyPairFromSeed(input.host.identitySeed).publicKey,
  });
  assert.ok(!own.ok && own.reason === "wrong_key", "our own key");
});

Deno.test("pair/2: what a peer shows must be what it committed to, and a point of prime order", () => {
  const [vector] = casesOf(vectors, "pairings");
  assert.ok(vector);
  const input = inputOf(vector);
  const { pairId, nameplate, words } = input;
  const { publicKey } = keyPairFromSeed(input.guest.identitySeed);
  const { r, seed } = input.guest;
  const guest = startExchange({ side: "guest", pairId, nameplate, words, publicKey, r, seed });
  const expected = objectOf(vector, "expected");
  const commit = bytesOf(expected, "host_commit");
  const pake = bytesOf(expected, "host_pake");
  assert.ok(guest.finish({ commit, pake }).ok);
  for (const at of [0, 1, 32, 33, 64]) {
    const changed = guest.finish({ commit, pake: pake.with(at, (pake[at] ?? 0) ^ 1) });
    assert.ok(!changed.ok && /committed to/.test(changed.text));
  }
  assert.ok(!guest.finish({ commit, pake: pake.slice(0, 64) }).ok);
  assert.ok(!guest.finish(guest).ok, "reflected");
  for (const bad of casesOf(vectors, "bad_pakes")) {
    const refused = guest.finish({
      commit: bytesOf(bad, "commit_hex"),
      pake: bytesOf(bad, "pake_hex"),
    });
    assert.ok(!refused.ok);
    assert.match(refused.text, new RegExp(`SPAKE2 finish failed: ${textOf(bad, "reason")}`));
  }
});

Deno.test("pair/2: codes forgive case, separators and endings, and name no word in errors", () => {
  for (const vector of casesOf(vectors, "codes")) {
    const code = parsePair2Code(textOf(vector, "typed"));
    assert.equal(formatPair2Code(code), textOf(vector, "code"));
  }
  for (const vector of casesOf(vectors, "bad_codes")) {
    assert.throws(() => parsePair2Code(textOf(vector, "typed")), (error: Error) => {
      assert.match(error.message, /^Cannot read pairing code: /);
      return !/zebra/i.test(error.message);
    });
  }
});

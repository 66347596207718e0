import assert from "node:assert/strict";
import { casesOf, objectOf, readVectors, textOf } from "../tests/read_vectors.ts";
import { keyPairFromSeed, sha256Hex } from "./identity/keys.ts";
import { printJson } from "./json/print.ts";
import { isJsonArray, type JsonObject, member, plain } from "./json/value.ts";
import {
  checkReceipt,
  makeReceipt,
  parseRelayKey,
  receiptAsked,
  relayKeyText,
  type StoredEvent,
} from "./receipt.ts";

const VECTORS = await readVectors("receipts.json");
const KEYS = keyPairFromSeed(Uint8Array.fromHex(textOf(VECTORS, "seed_hex")));

const eventOf = (value: JsonObject): StoredEvent => ({
  relay: textOf(value, "relay"),
  slotId: textOf(value, "slot_id"),
  eventId: textOf(value, "event_id"),
});

Deno.test("a receipt is signed byte for byte as another implementation signs it", () => {
  for (const vector of casesOf(VECTORS, "valid")) {
    const expected = objectOf(vector, "receipt");
    const { sig: _, ...unsigned } = expected;
    assert.equal(printJson(unsigned), textOf(vector, "canonical"));
    assert.equal(sha256Hex(printJson(unsigned)), textOf(vector, "hash_hex"));
    const made = makeReceipt(eventOf(expected), textOf(expected, "at"), KEYS);
    assert.deepEqual({ ...made }, plain(expected));
    const verdict = checkReceipt(plain(expected), eventOf(expected), KEYS.publicKey);
    assert.deepEqual(verdict, { ok: true, receipt: made });
  }
});

Deno.test("P2: a receipt that proves something else, or nothing, is refused for its reason", () => {
  const event = eventOf(objectOf(VECTORS, "event"));
  for (const vector of casesOf(VECTORS, "refused")) {
    const value = plain(member(vector, "receipt") ?? null);
    const verdict = checkReceipt(value, event, KEYS.publicKey);
    assert.deepEqual(
      verdict,
      { ok: false, reason: textOf(vector, "reason") },
      textOf(vector, "note"),
    );
  }
});

Deno.test("a relay's key is read as it is shown, and nothing else is one", () => {
  const shown = textOf(VECTORS, "relay_key");
  assert.equal(relayKeyText(KEYS.publicKey), shown);
  assert.deepEqual(parseRelayKey(shown), KEYS.publicKey);
  const bad = member(VECTORS, "bad_keys");
  assert.ok(isJsonArray(bad) && bad.length > 0);
  for (const text of bad) assert.equal(parseRelayKey(String(text)), undefined, String(text));
});

Deno.test("who asks for a receipt names the relay's URL; anything else asks for none", () => {
  for (const vector of casesOf(VECTORS, "asked")) {
    const relay = member(vector, "relay");
    assert.equal(receiptAsked(textOf(vector, "value")) ?? null, relay);
  }
  assert.equal(receiptAsked(undefined), undefined);
  assert.equal(receiptAsked(null), undefined);
});

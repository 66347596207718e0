import assert from "node:assert/strict";
import fc from "fast-check";
import { testRuns } from "../../tests/runs.ts";
import { makeCard, signCard } from "../identity/card.ts";
import { keyPairFromSeed } from "../identity/keys.ts";
import type { JsonObject } from "../json/value.ts";
import { parseRelayUrl, type SlotId, type SlotToken } from "../ids.ts";
import {
  bootstrapKey,
  bootstrapPlaintext,
  type MailboxRoute,
  open,
  parseBootstrap,
  seal,
} from "./bootstrap.ts";
import { codeHash, parseCodePhrase } from "./code_phrase.ts";

interface Case {
  name: string;
  code: string;
  spake_key_hex: string;
  aead_key_hex: string;
  nonce_hex: string;
  plaintext_hex: string;
  sealed_hex: string;
}
interface Vectors {
  cases: Case[];
  open_failures: {
    aead_key_hex: string;
    good_sealed_hex: string;
    good_plaintext_text: string;
    inputs: { name: string; sealed_hex: string; error: string }[];
  };
}
const vectors: Vectors = JSON.parse(
  Deno.readTextFileSync(new URL("../../tests/vectors/aead.json", import.meta.url)),
);
const bytes = (hex: string): Uint8Array => Uint8Array.fromHex(hex);

Deno.test("every sealed case of the vectors: derived, opened, and sealed again byte for byte", () => {
  assert.ok(vectors.cases.length >= 8);
  for (const { name, code, nonce_hex, plaintext_hex, sealed_hex, ...it } of vectors.cases) {
    const key = bootstrapKey(bytes(it.spake_key_hex), codeHash(parseCodePhrase(code)));
    assert.equal(key.toHex(), it.aead_key_hex, name);
    const opened = open(key, bytes(sealed_hex));
    assert.ok(opened.ok, name);
    assert.equal(opened.plaintext.toHex(), plaintext_hex, name);
    assert.equal(seal(key, bytes(nonce_hex), bytes(plaintext_hex)).toHex(), sealed_hex, name);
  }
});

Deno.test("what must not open does not, with the reference's words", () => {
  const { aead_key_hex, good_sealed_hex, good_plaintext_text, inputs } = vectors.open_failures;
  const good = open(bytes(aead_key_hex), bytes(good_sealed_hex));
  assert.ok(good.ok);
  assert.equal(new TextDecoder().decode(good.plaintext), good_plaintext_text);
  assert.ok(inputs.length >= 9);
  for (const { name, sealed_hex, error } of inputs) {
    assert.deepEqual(
      open(bytes(aead_key_hex), bytes(sealed_hex)),
      { ok: false, text: error },
      name,
    );
  }
});

const ours = keyPairFromSeed(new Uint8Array(32).fill(1));
const theirs = keyPairFromSeed(new Uint8Array(32).fill(2));
const relayUrl = parseRelayUrl("http://relay.test");
assert.ok(relayUrl);
const mailbox: MailboxRoute = {
  relayUrl,
  slotId: "a".repeat(32) as SlotId,
  slotToken: "b".repeat(64) as SlotToken,
};
const bob = makeCard({ handle: "bob", keys: theirs });

function parsed(value: unknown) {
  return parseBootstrap(new TextEncoder().encode(JSON.stringify(value)), ours.publicKey);
}
const fields = {
  card: bob,
  relay_url: mailbox.relayUrl,
  slot_id: mailbox.slotId,
  slot_token: mailbox.slotToken,
};

Deno.test("a genuine bootstrap gives card and mailbox; unknown members are passed over", () => {
  const result = parseBootstrap(bootstrapPlaintext(bob, mailbox), ours.publicKey);
  assert.ok(result.ok);
  assert.equal(result.card.handle, "bob");
  assert.deepEqual(result.mailbox, mailbox);
  assert.ok(parsed({ ...fields, endpoints: [1, { x: null }], relay_url: "http://relay.test/" }).ok);
});

Deno.test("P6: a bootstrap with our own card, or a card that names another key, is refused", () => {
  const reflected = parsed({ ...fields, card: makeCard({ handle: "bob", keys: ours }) });
  assert.ok(!reflected.ok);
  assert.equal(reflected.reason, "own_card");
  const stolen: JsonObject = { ...bob, did: makeCard({ handle: "bob", keys: ours })["did"] };
  const claimed = parsed({ ...fields, card: signCard(stolen, theirs) });
  assert.ok(!claimed.ok);
  assert.equal(claimed.reason, "bad_card");
  const renamed = parsed({ ...fields, card: signCard({ ...bob, handle: "alice" }, theirs) });
  assert.ok(!renamed.ok);
  assert.match(renamed.text, /^peer card signature invalid: /);
});

Deno.test("a bootstrap without a usable card or mailbox is refused, saying what was wanted", () => {
  const refused: readonly [unknown, string][] = [
    [[], "missing_card"],
    ["text", "missing_card"],
    [{ ...fields, card: null }, "missing_card"],
    [{ ...fields, card: {} }, "bad_card"],
    [{ ...fields, card: { ...bob, name: "Mallory" } }, "bad_card"],
    [{ ...fields, relay_url: undefined }, "bad_mailbox"],
    [{ ...fields, relay_url: "javascript:alert(1)" }, "bad_mailbox"],
    [{ ...fields, slot_id: "../../x" }, "bad_mailbox"],
    [{ ...fields, slot_id: "" }, "bad_mailbox"],
    [{ ...fields, slot_token: 7 }, "bad_mailbox"],
    [{ ...fields, slot_token: `${mailbox.slotToken}\n` }, "bad_mailbox"],
  ];
  for (const [value, reason] of refused) {
    const result = parsed(value);
    assert.ok(!result.ok, JSON.stringify(value));
    assert.equal(result.reason, reason);
    assert.doesNotMatch(result.text, new RegExp(mailbox.slotToken), "no secret in the text");
  }
});

Deno.test("opening and parsing never throw, whatever bytes arrive", () => {
  const key = new Uint8Array(32).fill(3);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.json(), (sealed, json) => {
      assert.ok(!open(key, sealed).ok);
      assert.ok(!parseBootstrap(sealed, ours.publicKey).ok);
      assert.ok(!parseBootstrap(new TextEncoder().encode(json), ours.publicKey).ok);
    }),
    { numRuns: testRuns(200) },
  );
});

Deno.test("what one side seals the other opens; one changed bit does not open", () => {
  const of = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  fc.assert(
    fc.property(
      of(32),
      of(12),
      fc.uint8Array({ maxLength: 200 }),
      fc.nat(),
      (key, nonce, text, at) => {
        const sealed = seal(key, nonce, text);
        assert.deepEqual(open(key, sealed), { ok: true, plaintext: text });
        const bit = at % (sealed.length * 8);
        sealed[bit >> 3] = (sealed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        assert.ok(!open(key, sealed).ok);
      },
    ),
    { numRuns: testRuns(100) },
  );
});

import assert from "node:assert/strict";
import { OWN_CAPABILITIES } from "./capabilities.ts";
import fc from "fast-check";
import { testRuns } from "../../tests/runs.ts";
import { WireError } from "../errors.ts";
import { printJson } from "../json/print.ts";
import { admitCard, makeCard, signCard, verifyCardSignature } from "./card.ts";
import { keyPairFromSeed } from "./keys.ts";
import {
  capabilityList,
  cardField,
  PROFILE_FIELDS,
  profileOf,
  profileValue,
  withCapabilities,
  withProfileField,
} from "./profile.ts";

const keys = keyPairFromSeed(new Uint8Array(32).fill(7));
const card = makeCard({ handle: "bob", keys });

Deno.test("a value is JSON, and what is no JSON is the text itself", () => {
  const printed = (text: string) => printJson(profileValue("motto", text));
  assert.equal(printed("42"), "42");
  assert.equal(printed("ship it"), '"ship it"');
  assert.equal(printed('"42"'), '"42"');
  assert.equal(printed('{"text":"x"}'), '{"text":"x"}');
  assert.equal(printed("[1.50]"), "[1.5]");
  assert.equal(printed(""), '""');
});

Deno.test("handle, vibe and now take only their own shapes", () => {
  assert.equal(profileValue("handle", "bob@relay.example"), "bob@relay.example");
  assert.equal(printJson(profileValue("vibe", '["calm"]')), '["calm"]');
  assert.equal(printJson(profileValue("now", '{"text":"x"}')), '{"text":"x"}');
  assert.equal(profileValue("now", "null"), null);
  const wrong = [
    ["handle", "bob"],
    ["handle", "Bob@relay"],
    ["handle", "bob@127.0.0.1:8770"],
    ["handle", "42"],
    ["vibe", "calm"],
    ["vibe", "{}"],
    ["now", "later"],
    ["now", "[]"],
    ["motto", "x".repeat(16_385)],
    ["motto", "\ud800"],
  ] as const;
  for (const [field, text] of wrong) {
    assert.throws(() => profileValue(field, text), { code: "usage" }, `${field} ${text}`);
  }
  assert.throws(() => cardField("mood"), /^WireError: unknown profile field "mood" \(allowed: dis/);
});

Deno.test("every field can be cleared, vibe and handle too, and others stay", () => {
  for (const field of PROFILE_FIELDS) {
    const value = field === "vibe" ? ["calm"] : field === "now" ? {} : "x@y";
    const full = withProfileField(withProfileField(card, field, value), "emoji", "🦀");
    const profile = profileOf(withProfileField(full, field, profileValue(field, "null"))) ?? {};
    const rest = field === "emoji" ? {} : { emoji: "🦀" };
    assert.deepEqual({ ...profile }, { ...rest, schema_version: "v0.5" });
  }
});

Deno.test("S26: capabilities are added to the built-in ones, in the place of those set before", () => {
  const first = withCapabilities(card, capabilityList("markdown/v1, diff/v2 markdown/v1"));
  assert.deepEqual(first["capabilities"], [...OWN_CAPABILITIES, "markdown/v1", "diff/v2"]);
  const second = withCapabilities(first, capabilityList('["wire/v3.1","svg/v1"]'));
  assert.deepEqual(second["capabilities"], [...OWN_CAPABILITIES, "svg/v1"]);
  assert.deepEqual(withCapabilities(second, capabilityList("null"))["capabilities"], [
    ...OWN_CAPABILITIES,
  ]);
  for (const text of ["markdown", "a/b c", "../v1", "[1]", "[", "[[]]", "\u202e/v1", "A/v1"]) {
    assert.throws(() => withCapabilities(card, capabilityList(text)), { code: "usage" }, text);
  }
  assert.throws(() => withCapabilities(card, ["wire/sealed-x25519"]), /reserved/);
  const sealing = makeCard({
    handle: "bob",
    keys,
    capabilities: ["wire/v3.1", "wire/x-1", "a/v1"],
  });
  assert.deepEqual(withCapabilities(sealing, [])["capabilities"], [
    ...OWN_CAPABILITIES,
    "wire/x-1",
  ]);
});

Deno.test("no text makes a card that does not verify: it is taken, or refused as usage", () => {
  const texts = fc.oneof(fc.string({ unit: "binary" }), fc.json(), fc.double().map(String));
  fc.assert(
    fc.property(fc.constantFrom(...PROFILE_FIELDS), texts, (field, text) => {
      try {
        const signed = signCard(withProfileField(card, field, profileValue(field, text)), keys);
        assert.ok(verifyCardSignature(signed).ok);
        assert.ok(admitCard(signed).ok);
      } catch (error) {
        assert.ok(error instanceof WireError && error.code === "usage", String(error));
      }
    }),
    { numRuns: testRuns(200) },
  );
});

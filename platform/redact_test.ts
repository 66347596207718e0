import assert from "node:assert/strict";
import fc from "fast-check";
import { testRuns } from "../tests/runs.ts";
import { redacted } from "./redact.ts";

const TOKEN = "0123456789abcdef".repeat(4);
const KEY = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=";

Deno.test("P5: tokens, keys and codes never reach the log", () => {
  const secrets: readonly unknown[] = [
    { slot_token: TOKEN },
    { seed: "abc", spake2_seed_b64: KEY, private_key: "abc" },
    { authorization: "Bearer abc" },
    { code_phrase: "42-K7QX2M", code: "42-K7QX2M", sas: "123456", digits: "123456" },
    { deep: [{ deeper: { peer_token: { any: "shape" } } }] },
    { headers: `authorization: Bearer ${TOKEN}` },
    { note: `posted with ${TOKEN} just now` },
    { note: `key ${KEY} here` },
    { note: "code 42-K7QX2M" },
    new Error(`failed: Bearer xyz ${TOKEN}`, { cause: { token: "abc" } }),
    [TOKEN],
    TOKEN.toUpperCase(),
  ];
  const forbidden = new RegExp(
    [TOKEN, KEY.slice(0, 40), "K7QX2M", "123456", "abc", "xyz", "shape"]
      .join("|").replaceAll("+", "\\+"),
    "i",
  );
  for (const secret of secrets) {
    const text = JSON.stringify(redacted(secret));
    assert.match(text, /\[redacted\]/, text);
    assert.doesNotMatch(text, forbidden, text);
  }
});

Deno.test("redaction keeps what operators need", () => {
  const harmless = {
    event_id: TOKEN,
    code_hash: TOKEN,
    key_id: "ed25519:bob:1234abcd",
    peer: "bob",
    relay: "https://relay.test/v1/events/00ff",
    count: 3,
    ok: true,
    none: null,
  };
  assert.deepEqual(redacted(harmless), harmless);
});

Deno.test("redaction shows errors with their causes, bytes by their number, and no endless values", () => {
  const error = new Error("outer", { cause: new TypeError("inner") });
  assert.deepEqual(redacted({ error }), {
    error: { error: "Error", message: "outer", cause: { error: "TypeError", message: "inner" } },
  });
  assert.deepEqual(redacted({ body: new Uint8Array(32), size: 12n }), {
    body: "[32 bytes]",
    size: "12",
  });
  const circular: Record<string, unknown> = {};
  circular["self"] = circular;
  assert.match(JSON.stringify(redacted(circular)), /\[deeper\]/);
  assert.equal(JSON.stringify(redacted("x ".repeat(10_000))).length, 4_002);
});

Deno.test("redaction makes JSON of any value and never throws", () => {
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true }), (value) => {
      JSON.stringify({ data: redacted(value) });
    }),
    { numRuns: testRuns(300) },
  );
});

import assert from "node:assert/strict";
import { parseJson } from "../protocol/json/parse.ts";
import { printJson } from "../protocol/json/print.ts";
import { isJsonObject } from "../protocol/json/value.ts";
import { shownEvent } from "./redact_tokens.ts";

const SECRET = "ab".repeat(32);

function shown(event: unknown): string {
  const value = parseJson(JSON.stringify(event));
  assert.ok(isJsonObject(value));
  return printJson(shownEvent(value));
}

Deno.test("lesson 18: tokens in drops and acks are not shown, at any depth", () => {
  for (const type of ["pair_drop", "pair_drop_ack"]) {
    const body = {
      relay_url: "http://r.test",
      slot_token: SECRET,
      endpoints: [{ slot_id: "s", slot_token: SECRET }],
      more: { deep: [{ slot_token: [SECRET] }] },
    };
    const text = shown({ event_id: "e", type, body });
    assert.ok(!text.includes(SECRET), text);
    assert.ok(text.includes("http://r.test") && text.includes("[redacted]"), text);
  }
});

Deno.test("other events are shown as they are", () => {
  const event = { body: { slot_token: "mine to say" }, type: "decision" };
  assert.equal(shown(event), JSON.stringify(event));
});

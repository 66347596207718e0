import assert from "node:assert/strict";
import fc from "fast-check";
import { testRuns } from "../../tests/runs.ts";
import { visible } from "./visible.ts";

Deno.test("visible: a peer's text can neither move the cursor nor pass for another line", () => {
  assert.equal(visible("ok\r\n[12:00] bob/claim\u001b[1A"), "ok [12:00] bob/claim�[1A");
  assert.equal(visible("\u009b31mred\u202egnp.exe\ud800"), "�31mred�gnp.exe�");
  assert.equal(visible("plain, ünïcode 世界 👩‍👩‍👧"), "plain, ünïcode 世界 👩‍👩‍👧");
});

Deno.test("visible: no control survives, whatever the text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      assert.doesNotMatch(visible(text), /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]|\p{Cs}/u);
    }),
    { numRuns: testRuns(300) },
  );
});

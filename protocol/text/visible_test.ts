import assert from "node:assert/strict";
import fc from "fast-check";
import { testRuns } from "../../tests/runs.ts";
import { instantMs } from "./instant.ts";
import { visible, visibleWhole } from "./visible.ts";

Deno.test("line ends become spaces and what a terminal obeys becomes a mark", () => {
  assert.equal(visible("a\r\nb\tc\nd"), "a b c d");
  assert.equal(visible("\u001b[31mred\u0000\u009b"), "\ufffd[31mred\ufffd\ufffd");
  assert.equal(visible("\u202eabc\u2066\u2028\ufeff\u200b"), "\ufffdabc\ufffd\ufffd\ufffd\ufffd");
  assert.equal(visible("ok \ud800 é 😀"), "ok \ufffd é 😀");
});

Deno.test("a cut text says that it was cut", () => {
  assert.equal(visible("abcdef", { maxLength: 3 }), "abc…");
  assert.equal(visible("abc", { maxLength: 3 }), "abc");
  assert.equal(visible("a😀b", { maxLength: 2 }), "a\ufffd…");
});

Deno.test("a text is cut where nothing else is said, and whole where it was asked for", () => {
  const long = "y".repeat(5_000);
  assert.equal(visible(long), "y".repeat(400) + "…");
  assert.equal(visibleWhole(`${long}\n\u202e`), `${long} \ufffd`);
});

Deno.test("no text leaves a control, a line end or half a character", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.nat(50), (text, maxLength) => {
      const shown = visible(text, { maxLength });
      assert.doesNotMatch(shown, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      assert.ok(shown.length <= maxLength + 1);
      assert.equal(visible(shown), shown);
    }),
    { numRuns: testRuns(100) },
  );
});

Deno.test("times of any fraction and zone are read, anything else is none", () => {
  assert.equal(instantMs("1970-01-01T00:00:01.5Z"), 1_500);
  assert.equal(instantMs("1970-01-01T01:00:00.123456789012345+01:00"), 123);
  assert.equal(instantMs("2016-12-31T23:59:60Z"), instantMs("2016-12-31T23:59:59Z"));
  for (const text of [undefined, "", "yesterday", "2026-02-30T00:00:00Z", "2026-01-01"]) {
    assert.equal(instantMs(text), undefined);
  }
});

Deno.test("instantMs never throws", () => {
  const near = fc.stringMatching(
    /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,12})?([Zz]|[+-]\d\d:\d\d)$/,
  );
  fc.assert(
    fc.property(fc.oneof(fc.string(), near), (text) => {
      const ms = instantMs(text);
      assert.ok(ms === undefined || Number.isFinite(ms));
    }),
    { numRuns: testRuns(500) },
  );
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { parseJson } from "../../protocol/json/parse.ts";
import { testRuns } from "../../tests/runs.ts";
import { escapeHtml, html } from "./html.ts";
import { peerText } from "./peer_text.ts";

Deno.test("html: every value is text, in elements and in attributes", () => {
  const evil = `</p><script>alert(1)</script>"' onload=x \` &amp;`;
  const page = html`<p title="${evil}">${evil}</p>`.text;
  assert.equal(page.match(/</g)?.length, 2);
  assert.equal(page.match(/"/g)?.length, 2);
  assert.doesNotMatch(page, /['`]/);
  assert.equal(html`${[html`<b>${1}</b>`, "<", undefined, false]}`.text, "<b>1</b>&lt;");
});

Deno.test("html: no text can leave its element, its attribute, or its page", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const escaped = escapeHtml(text);
      assert.doesNotMatch(escaped, /[<>"'`]/);
      assert.doesNotMatch(escaped, /&(?!(?:amp|lt|gt|quot|#39|#96);)/);
    }),
    { numRuns: testRuns(200) },
  );
});

Deno.test("peer text: strings, numbers and lists have words, everything else has none", () => {
  const of = (json: string): string => peerText(parseJson(json), 20);
  assert.equal(of('"hello"'), "hello");
  assert.equal(of("12345678901234567890"), "12345678901234567890");
  assert.equal(of('["a",2,null,{"b":1},["c"],"d"]'), "a, 2, d");
  for (const json of ["null", "true", "{}", '{"toString":"x"}', "[]", '""', "[[[]]]"]) {
    assert.equal(of(json), "", json);
  }
  assert.equal(peerText(undefined, 20), "");
});

Deno.test("peer text: reading direction, controls and stacked marks cannot do harm", () => {
  assert.equal(peerText("\u202eabc\u2066\u0007d\u200b\ufeff\u{e0041}", 20), "abcd");
  assert.equal(peerText("a\r\n\tb\u2028c", 20), "a b c");
  assert.equal(peerText(`a${"\u0301".repeat(300)}b`, 80), `a${"\u0301".repeat(4)}b`);
  assert.equal(peerText("👩‍💻 ❤️‍🔥", 20), "👩‍💻 ❤️‍🔥");
  assert.equal(peerText("a\u200db \ue000", 20), "ab");
});

Deno.test("P8: peer text is bounded in characters, and says that it was cut", () => {
  assert.equal(peerText("abcdef", 3), "abc…");
  assert.equal(peerText("😀😀😀", 3), "😀😀😀");
  assert.equal([...peerText("😀".repeat(100_000), 50)].length, 51);
  assert.ok(peerText(Array(10_000).fill("x".repeat(10_000)), 50).length <= 51);
});

Deno.test("peer text: any JSON becomes one clean bounded line", () => {
  fc.assert(
    fc.property(fc.json({ stringUnit: "binary" }), fc.integer({ min: 1, max: 40 }), (json, max) => {
      const shown = peerText(parseJson(json), max);
      assert.ok([...shown].length <= max + 1);
      assert.doesNotMatch(shown.replaceAll("\u200d", ""), /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
    }),
    { numRuns: testRuns(300) },
  );
});

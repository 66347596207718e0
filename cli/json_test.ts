import assert from "node:assert/strict";
import { JsonNumber } from "../protocol/json/value.ts";
import { jsonLine } from "./json.ts";

Deno.test("--json: members are sorted at every depth and nothing is padded", () => {
  const value = { b: 1, a: { d: [1, 2], c: "é" }, gone: undefined };
  assert.equal(jsonLine(value, { ordered: false }), '{"a":{"c":"é","d":[1,2]},"b":1}');
});

Deno.test("--json: an ordered record keeps its own order, and what lies in it is sorted", () => {
  const value = { peer: "bob", event_id: "1", raw: { z: 1, a: 2 }, gone: undefined };
  assert.equal(
    jsonLine(value, { ordered: true }),
    '{"peer":"bob","event_id":"1","raw":{"a":2,"z":1}}',
  );
  assert.equal(jsonLine([{ b: 1, a: 2 }], { ordered: true }), '[{"b":1,"a":2}]');
});

Deno.test("--json: a number of a signed event keeps its spelling", () => {
  const value = { body: new JsonNumber("1.0"), n: new JsonNumber("9007199254740993") };
  assert.equal(jsonLine(value, { ordered: true }), '{"body":1.0,"n":9007199254740993}');
});

Deno.test("--json: what a terminal would obey is escaped, and parses to the same text", () => {
  const text = "a\u001b[2Jb\u009b31mc\u202ed\u2028e\u007f";
  const line = jsonLine({ text }, { ordered: false });
  assert.match(line, /^[\x20-\x7e]*$/);
  assert.deepEqual(JSON.parse(line), { text });
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { jsonObject, jsonValue, looseText } from "../../tests/fuzz/json_values.ts";
import { casesOf, readVectors, textOf } from "../../tests/read_vectors.ts";
import { testRuns } from "../../tests/runs.ts";
import { sha256Hex } from "../identity/keys.ts";
import { eventHash, hashesTo, parseEvent } from "../event/event.ts";
import { canonical, mapNumbers, reprinted } from "./canonical.ts";
import { JsonError, parseJson } from "./parse.ts";
import { printJson } from "./print.ts";
import { isJsonObject, type Json, JsonNumber, stringMember } from "./value.ts";

const vectors = await readVectors("canonical.json");
const numRuns = testRuns(150);

Deno.test("canonical text and event id of every vector", () => {
  for (const vector of casesOf(vectors, "cases")) {
    const value = reprinted(parseJson(textOf(vector, "input")));
    const name = textOf(vector, "name");
    assert.equal(canonical(value, "card"), textOf(vector, "canonical"), name);
    assert.equal(canonical(value, "event"), textOf(vector, "canonical_strict"), name);
    assert.equal(sha256Hex(canonical(value, "event")), textOf(vector, "event_id"), name);
  }
});

Deno.test("an event's hash accepts the id of every vector that is an object without repetition", () => {
  let checked = 0;
  for (const vector of casesOf(vectors, "cases")) {
    const input = textOf(vector, "input");
    const value = parseJson(input);
    if (!isJsonObject(value)) continue;
    const id = textOf(vector, "event_id");
    assert.equal(eventHash(value).reprinted, id);
    if (textOf(vector, "name").startsWith("duplicate keys")) {
      assert.throws(() => parseEvent(input), (error) => reasonOf(error) === "repeated_member");
      continue;
    }
    const event = parseEvent(input);
    assert.ok(hashesTo(event, id), textOf(vector, "name"));
    assert.ok(!hashesTo(event, id.toUpperCase()) || id === id.toUpperCase());
    checked++;
  }
  assert.ok(checked > 40);
});

Deno.test("what the reference's reader refuses is a typed error here, in every reader", () => {
  for (const vector of casesOf(vectors, "rejected_inputs")) {
    const input = textOf(vector, "input");
    assert.throws(() => parseJson(input), JsonError, textOf(vector, "name"));
    assert.throws(() => parseEvent(input), JsonError, textOf(vector, "name"));
  }
});

Deno.test("inexact floats: the reference's misreading is reproduced, and both ids are accepted", () => {
  for (const vector of casesOf(vectors, "inexact_floats")) {
    const input = textOf(vector, "input");
    assert.equal(
      canonical(reprinted(parseJson(input)), "event"),
      textOf(vector, "reference_canonical"),
    );
    const event = parseEvent(input);
    assert.ok(hashesTo(event, textOf(vector, "reference_event_id")));
    assert.ok(hashesTo(event, sha256Hex(input)), "the numbers as they were sent");
    const rounded = textOf(vector, "correctly_rounded_canonical");
    assert.ok(
      hashesTo(parseEvent(rounded), stringMember(vector, "correctly_rounded_event_id") ?? ""),
    );
  }
});

Deno.test("only the top level is stripped, and a card keeps its event_id", () => {
  const value = parseJson('{"signature":1,"public_key_id":2,"event_id":3,"b":{"signature":4}}');
  assert.equal(canonical(value, "event"), '{"b":{"signature":4}}');
  assert.equal(canonical(value, "card"), '{"b":{"signature":4},"event_id":3}');
});

Deno.test("canonical(parse(canonical(x))) is stable, in any spelling of x", () => {
  fc.assert(
    fc.property(
      jsonValue.chain((value) => fc.tuple(fc.constant(value), looseText(value))),
      ([value, text]) => {
        const once = canonical(value, "event");
        assert.equal(canonical(parseJson(once), "event"), once);
        assert.equal(printJson(parseJson(text)), printJson(value));
      },
    ),
    { numRuns },
  );
});

Deno.test("fast and slow agree: text in stored form hashes as the printed value does", () => {
  fc.assert(
    fc.property(
      jsonObject.chain((value) => fc.tuple(fc.constant(value), looseText(value))),
      ([value, loose]) => {
        for (const text of [printJson(value), loose]) {
          const event = parseEvent(text);
          assert.equal(event.text, printJson(value));
          assert.equal(event.hashInput, canonical(value, "event"));
          const { asSent, reprinted: again } = eventHash(value);
          assert.ok(hashesTo(event, asSent));
          assert.ok(hashesTo(event, again));
          if (event.plainNumbers) assert.equal(asSent, again);
        }
      },
    ),
    { numRuns },
  );
});

Deno.test("a number that the reference cannot read makes reprinting fail, typed", () => {
  const value: Json = [new JsonNumber("1e400")];
  assert.throws(() => reprinted(value), (error) => reasonOf(error) === "number_range");
  assert.deepEqual(mapNumbers(value, () => "7"), [new JsonNumber("7")]);
});

const reasonOf = (error: unknown): string | undefined =>
  error instanceof JsonError ? error.reason : undefined;

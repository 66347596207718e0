import assert from "node:assert/strict";
import fc from "fast-check";
import { jsonValue, looseText } from "../../tests/fuzz/json_values.ts";
import { testRuns } from "../../tests/runs.ts";
import { canonical } from "../json/canonical.ts";
import { JsonError } from "../json/parse.ts";
import { printJson } from "../json/print.ts";
import { isJsonObject } from "../json/value.ts";
import { parseEnvelope } from "./envelope.ts";
import { hashesTo, parseEvent } from "./event.ts";

const reason = (text: string): string => {
  const envelope = parseEnvelope(text);
  return envelope.ok ? envelope.event.text : envelope.reason;
};

Deno.test("the posted event is what stands at the member event, in stored form", () => {
  assert.equal(reason('{"event":{"b":1,"a":1.0}}'), '{"a":1.0,"b":1}');
  assert.equal(reason(' { "event" : {"a":1} , "x":[1, 2] } '), '{"a":1}');
  assert.equal(reason('{"x":{"event":2},"event":"s"}'), '"s"');
  assert.equal(reason('{"\\u0065vent":null}'), "null");
});

Deno.test("what is no envelope has a reason of its own", () => {
  assert.equal(reason("[]"), "not_an_object");
  assert.equal(reason('{"Event":{}}'), "missing_event");
  assert.equal(reason('{"event":1,"event":2}'), "repeated_member");
  assert.equal(reason('{"event":{"a":1,"a":1},"event":2}'), "repeated_member");
  assert.equal(reason('{"event":{},"x":1,"x":1}'), "repeated_member");
  assert.equal(reason('{"x":{"a":1,"a":1},"event":{}}'), "repeated_member");
  assert.equal(reason('{"event":{},"x":{"a":1,"a":1}}'), "repeated_member");
  assert.equal(reason('{"event":{"b":[{"a":1,"a":1}]}}'), "repeated_in_event");
  assert.equal(reason('{"event":{"b":[{"a":1,"a":1}]},"x":{"y":1}}'), "repeated_in_event");
});

Deno.test("the envelope counts as a level, and as bytes", () => {
  const nested = (levels: number) => `{"event":${"[".repeat(levels)}${"]".repeat(levels)}}`;
  assert.equal(reason(nested(126)).length, 252);
  assert.throws(() => parseEnvelope(nested(127)), JsonError);
  const text = (bytes: number) => `{"event":"${"x".repeat(bytes - 12)}"}`;
  assert.ok(parseEnvelope(text(2_097_152)).ok);
  assert.throws(() => parseEnvelope(text(2_097_153)), JsonError);
});

Deno.test("a posted event and the same event read alone have one stored form and one hash", () => {
  fc.assert(
    fc.property(
      jsonValue.chain((value) => fc.tuple(fc.constant(value), looseText(value))),
      fc.boolean(),
      ([value, loose], isStored) => {
        const text = isStored ? printJson(value) : loose;
        const envelope = parseEnvelope(`{"a":{"event_id":1.5},"event":${text},"z":[0.5]}`);
        assert.ok(envelope.ok);
        assert.equal(envelope.event.text, printJson(value));
        assert.equal(envelope.event.hashInput, canonical(value, "event"));
        if (!isJsonObject(value)) return;
        const alone = parseEvent(text);
        assert.equal(alone.plainNumbers, envelope.event.plainNumbers);
        assert.equal(alone.id, envelope.event.id ?? "");
        assert.equal(hashesTo(alone, alone.id), hashesTo(envelope.event, alone.id));
      },
    ),
    { numRuns: testRuns(150) },
  );
});

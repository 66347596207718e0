import assert from "node:assert/strict";
import { readFrame } from "./socket_frames.ts";

const nested = (levels: number): string => `${"[".repeat(levels)}${"]".repeat(levels)}`;

/** A frame with one event of so many levels: an object and what is in it. */
const frameOf = (levels: number): string =>
  `{"op":"events","slot":"${"0".repeat(32)}","events":[{"event":{"body":${
    nested(levels - 1)
  }},"seq":1,"via":null}]}`;

Deno.test("lesson 1: an event as deep as a relay stores it is read from its frame", () => {
  const frame = readFrame(frameOf(126));
  assert.ok(frame?.op === "events");
  assert.equal(frame.events.length, 1);
});

Deno.test("P8: a deeper frame is refused before it is read to its end", () => {
  assert.throws(() => readFrame(frameOf(127)), { code: "bad_json" });
  assert.throws(() => readFrame(frameOf(100_000)), { code: "bad_json" });
});

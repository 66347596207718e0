import assert from "node:assert/strict";
import fc from "fast-check";
import { testRuns } from "../../tests/runs.ts";
import { WireError } from "../errors.ts";
import { parseRelayUrl } from "../ids.ts";
import { parsePair2, printPair2 } from "./record.ts";
import type { Pair2State } from "./state.ts";

const text = (length: number): string => new Uint8Array(length).toBase64();
const relayUrl = parseRelayUrl("https://relay.example") ?? assert.fail();

const awaiting: Pair2State = {
  tag: "awaiting",
  about: {
    side: "host",
    relayUrl,
    claim: "0".repeat(32),
    words: ["zoo", "zone", "zero"],
    nameplate: "4821",
    createdAt: 1,
    reopened: 2,
    tried: true,
  },
  secrets: {
    seed: text(32),
    r: text(32),
    confirmNonce: text(12),
    cardNonce: text(12),
    doneNonce: text(12),
  },
  meeting: {
    nameplate: "4821",
    pairId: "a".repeat(32),
    sideToken: "b".repeat(32),
    expiresAt: 2,
  },
  dueSince: 3,
  peerCommit: "what a hostile relay gave",
  peerPake: "",
};

const refused = (record: string): boolean => {
  assert.throws(
    () => parsePair2(record),
    (error) =>
      error instanceof WireError && error.code === "unreadable" && !/zone|AAAA/.test(error.message),
  );
  return true;
};

Deno.test("a pair/2 record reads back as the state it was", () => {
  assert.deepEqual(parsePair2(printPair2(awaiting)), awaiting);
});

Deno.test("a pair/2 record without any one of its members, or with a wrong one, is no state", () => {
  for (const name of ["about", "secrets", "meeting", "peerCommit", "peerPake", "tag"]) {
    refused(JSON.stringify({ ...awaiting, [name]: undefined }));
    refused(JSON.stringify({ ...awaiting, [name]: 7 }));
  }
  for (const name of Object.keys(awaiting.secrets)) {
    refused(JSON.stringify({ ...awaiting, secrets: { ...awaiting.secrets, [name]: text(31) } }));
  }
  const { about } = awaiting;
  for (
    const wrong of [
      { words: ["zoo", "zone", "notaword"] },
      { words: ["zoo"] },
      { reopened: 3 },
      { relayUrl: "file:///etc/passwd" },
      { nameplate: "../../x" },
      { side: "middle" },
    ]
  ) refused(JSON.stringify({ ...awaiting, about: { ...about, ...wrong } }));
});

Deno.test("no text makes reading a pair/2 record throw anything but unreadable", () => {
  const json = fc.oneof(fc.json(), fc.string(), fc.constant('{"tag":"__proto__"}'));
  fc.assert(fc.property(json, refused), { numRuns: testRuns(100) });
});

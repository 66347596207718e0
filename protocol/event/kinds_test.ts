import assert from "node:assert/strict";
import { parseJson } from "../json/parse.ts";
import { isHandshakeNoise, isKnownKind, kindNumber, kindOf, KINDS } from "./kinds.ts";

Deno.test("typed kinds become numbers as the reference maps them", () => {
  const expected: Record<string, number> = {
    decision: 1,
    claim: 1001,
    ack: 1002,
    agent_card: 1100,
    wire_close: 1201,
    note: 1,
    "": 1,
    Decision: 1,
    constructor: 1,
    "1002": 1002,
    "+7": 7,
    "007": 7,
    "4294967295": 4294967295,
    "4294967296": 1,
    "-1": 1,
    "1.0": 1,
    " 5": 1,
  };
  for (const [text, number] of Object.entries(expected)) assert.equal(kindOf(text), number, text);
});

Deno.test("a received kind is the low 32 bits of a 64-bit integer, else 0", () => {
  const expected: Record<string, number> = {
    "1001": 1001,
    "4294968297": 1001,
    "18446744073709551615": 4294967295,
    "18446744073709551616": 0,
    "1001.0": 0,
    "1e3": 0,
    "-1": 0,
    "-0": 0,
    '"1001"': 0,
    "null": 0,
    "[1001]": 0,
  };
  for (const [text, number] of Object.entries(expected)) {
    assert.equal(kindNumber(parseJson(text)), number, text);
  }
  assert.equal(kindNumber(undefined), 0);
  assert.equal(kindNumber(1001), 1001);
  assert.equal(kindNumber(4294968297), 1001);
  for (const odd of [-1, 1.5, NaN, -0, 2 ** 60]) assert.equal(kindNumber(odd), 0);
});

Deno.test("ten kinds are known", () => {
  assert.deepEqual(KINDS.map((kind) => kind.number).filter(isKnownKind), [
    1,
    100,
    1000,
    1001,
    1002,
    1100,
    1101,
    1102,
    1200,
    1201,
  ]);
  for (const number of [0, 2, 1900, 1901, 10500]) assert.ok(!isKnownKind(number));
});

Deno.test("handshake noise is known by its type, and kind 100 by its number", () => {
  for (const type of ["pair_drop", "pair_drop_ack", "heartbeat", "receipt", "agent_card"]) {
    assert.ok(isHandshakeNoise(type), type);
  }
  assert.ok(isHandshakeNoise("anything", 100));
  assert.ok(!isHandshakeNoise("claim", 1001));
});

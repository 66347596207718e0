/**
 * Hostile bytes for every reader and verifier of protocol/: the only thing that may come out is a
 * value or the module's typed error. WIRE_TEST_RUNS raises the number of cases per property.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { WireError } from "../../protocol/errors.ts";
import { parseDeadline } from "../../protocol/event/deadline.ts";
import { parseEnvelope } from "../../protocol/event/envelope.ts";
import {
  digestOf,
  eventFromJson,
  eventHash,
  hashesTo,
  parseEvent,
  signEvent,
} from "../../protocol/event/event.ts";
import { kindNumber, kindOf } from "../../protocol/event/kinds.ts";
import { isRfc3339 } from "../../protocol/event/rfc3339.ts";
import { classify, verifyEvent } from "../../protocol/event/verify.ts";
import { admitCard, makeCard, verifyCardSignature } from "../../protocol/identity/card.ts";
import {
  bareHandle,
  didCommitsTo,
  displayHandle,
  isClaimableNick,
  parseNickAtDomain,
} from "../../protocol/identity/did.ts";
import { fromBase64Strict, keyPairFromSeed } from "../../protocol/identity/keys.ts";
import { parseRelayUrl } from "../../protocol/ids.ts";
import { canonical } from "../../protocol/json/canonical.ts";
import { reprintNumber, stableNumber } from "../../protocol/json/number.ts";
import { decodeUtf8, JsonError, parseJson } from "../../protocol/json/parse.ts";
import { prettyJson, printJson } from "../../protocol/json/print.ts";
import { quote } from "../../protocol/json/quote.ts";
import { type Json, plain, withMembers } from "../../protocol/json/value.ts";
import { readPidFile } from "../../protocol/schemas/pid_record.ts";
import { RelayState } from "../../protocol/schemas/relay_state.ts";
import {
  capabilitiesOf,
  keysOf,
  parseTrust,
  pinCard,
  printTrust,
  selfEntry,
} from "../../protocol/trust/trust.ts";
import { testRuns } from "../runs.ts";
import { jsonObject, jsonString, jsonValue } from "./json_values.ts";

const numRuns = testRuns(350);
const keys = keyPairFromSeed(new Uint8Array(32).fill(1));
const admitted = admitCard(makeCard({ handle: "alice", keys }));
assert.ok(admitted.ok);
const card = admitted;
const trust = selfEntry(card, { at: "2026-01-01T00:00:00Z" });
const event = signEvent({ from: card.did, kind: 1, body: "x" }, { did: card.did, keys });

/** Good texts with a few bytes changed, cut or doubled: they get further than noise does. */
const mutatedText: fc.Arbitrary<Uint8Array> = fc.tuple(
  fc.constantFrom(
    event.text,
    `{"event":${event.text}}`,
    printTrust(trust),
    printJson(card.card),
    '{"self":{"relay_url":"http://r","endpoints":[1e400]},"peers":{"a":{}}}',
    '[1.0,-0,1e16,"\\ud83d\\ude00",{"__proto__":[]}]',
  ),
  fc.array(fc.tuple(fc.nat(2000), fc.nat(255), fc.constantFrom("set", "cut", "double")), {
    maxLength: 4,
  }),
).map(([text, edits]) => {
  let bytes: Uint8Array = new TextEncoder().encode(text);
  for (const [at, byte, edit] of edits) {
    const position = at % (bytes.length + 1);
    if (edit === "set") bytes = bytes.with(position % bytes.length, byte);
    else if (edit === "double") bytes = Uint8Array.from([...bytes.slice(position), ...bytes]);
    else if (position > 0) bytes = bytes.slice(0, position);
  }
  return bytes;
});

const anyBytes = fc.oneof(mutatedText, fc.uint8Array({ maxLength: 80 }));
const anyText = fc.oneof(
  anyBytes.map((bytes) => new TextDecoder().decode(bytes)),
  fc.string({ unit: "binary", maxLength: 60 }),
  jsonString,
);

/** @returns the result, or undefined after a typed error; anything else fails the test */
function typed<T>(
  read: () => T,
  kind: typeof WireError | typeof JsonError = WireError,
): T | undefined {
  try {
    return read();
  } catch (error) {
    assert.ok(error instanceof kind, `expected ${kind.name}, got ${error}`);
    assert.ok(!error.message.includes("\n") && !error.message.endsWith("."), error.message);
    return undefined;
  }
}

Deno.test("JSON: any bytes give a value that prints and reads back, or a JsonError", () => {
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      const value = typed(() => parseJson(decodeUtf8(bytes)), JsonError);
      if (value === undefined) return;
      assert.equal(printJson(parseJson(printJson(value))), printJson(value));
      assert.equal(printJson(parseJson(prettyJson(value))), printJson(value));
      assert.equal(
        canonical(parseJson(canonical(value, "event")), "event"),
        canonical(value, "event"),
      );
      plain(value);
    }),
    { numRuns },
  );
});

Deno.test("JSON: texts that are not well formed are a JsonError, too", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 40 }), fc.nat(0xffff), (text, unit) => {
      typed(() => parseJson(`"${text}${String.fromCharCode(unit)}"`), JsonError);
      typed(() => printJson({ [text]: String.fromCharCode(unit) }), JsonError);
    }),
    { numRuns },
  );
});

Deno.test("JSON: what JSON.parse reads we read alike, unless a rule of ours refuses it", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const value = typed(() => parseJson(text), JsonError);
      if (value === undefined) return;
      assert.deepEqual(plain(value), JSON.parse(text));
    }),
    { numRuns },
  );
});

Deno.test("events: any text is read, hashed, classified and verified without surprise", () => {
  fc.assert(
    fc.property(fc.oneof(anyText, jsonValue.map(printJson)), jsonValue, (text, trustFile) => {
      const envelope = typed(() => parseEnvelope(text));
      if (envelope?.ok) hashesTo(envelope.event, envelope.event.id ?? "");
      const read = typed(() => parseEvent(text));
      const store = typed(() => parseTrust(printJson({ agents: trustFile }))) ?? trust;
      if (read === undefined) return;
      digestOf(read.text);
      classify(read);
      assert.ok(hashesTo(read, eventHash(read.value).asSent));
      for (const recipient of [undefined, { did: card.did, handle: card.handle }]) {
        verifyEvent(read, trust, recipient);
        verifyEvent(read, store, recipient);
      }
    }),
    { numRuns },
  );
});

Deno.test("events: a signed event with any member replaced verifies only if it is the same", () => {
  const name = fc.constantFrom(
    "from",
    "public_key_id",
    "signature",
    "event_id",
    "kind",
    "body",
    "x",
  );
  fc.assert(
    fc.property(name, jsonValue, (changed, value) => {
      const edited = eventFromJson(withMembers(event.value, { [changed]: value }));
      const verdict = verifyEvent(edited, trust);
      assert.equal(verdict.ok, edited.text === event.text);
      classify(edited);
      kindNumber(value);
    }),
    { numRuns },
  );
});

Deno.test("cards: any value has a verdict, and only the untouched card is admitted", () => {
  const names = Object.keys(card.card);
  fc.assert(
    fc.property(jsonValue, fc.constantFrom(...names), (value, name) => {
      verifyCardSignature(value);
      assert.ok(!admitCard(value).ok);
      const edited = withMembers(card.card, { [name]: value });
      assert.equal(admitCard(edited).ok, printJson(edited) === printJson(card.card));
    }),
    { numRuns },
  );
});

Deno.test("trust: any file is a store or unreadable; pinning into any store never loses a key", () => {
  fc.assert(
    fc.property(fc.oneof(anyText, agentsFile().map(printJson)), (text) => {
      const store = typed(() => parseTrust(text));
      if (store === undefined) return;
      assert.equal(printTrust(parseTrust(printTrust(store))), printTrust(store));
      const pinned = pinCard(store, card, { tier: "VERIFIED", at: "2026-01-01T00:00:00Z" });
      for (const agent of store.agents.values()) {
        capabilitiesOf(agent);
        if (!pinned.ok) continue;
        const after = pinned.store.agents.get(agent.handle);
        assert.ok(after);
        for (const key of keysOf(agent)) {
          assert.ok(keysOf(after).some((kept) => kept.bytes.toHex() === key.bytes.toHex()));
        }
      }
    }),
    { numRuns },
  );
});

function agentsFile(): fc.Arbitrary<Json> {
  const key = fc.record({
    key_id: fc.constantFrom("alice:34750f98", "x"),
    key: fc.constantFrom(keys.publicKey.toBase64(), new Uint8Array(32).toBase64(), "?", ""),
    active: fc.option<Json, number>(fc.boolean(), { nil: 7 }),
  });
  const agent = fc.record({
    tier: fc.constantFrom<Json>("VERIFIED", "ATTESTED", "UNTRUSTED", 3),
    did: fc.constantFrom("did:wire:alice-34750f98", ""),
    public_keys: fc.oneof(fc.array(key, { maxLength: 3 }), jsonValue),
  });
  return fc.dictionary(fc.constantFrom("alice", "ALICE", "bob", "../x"), agent)
    .map((agents) => ({ agents }));
}

Deno.test("texts: grammars are total, and what they refuse they say in one line", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  fc.assert(
    fc.property(anyText, (text) => {
      typed(() => parseDeadline(text, now));
      const parsed = parseNickAtDomain(text);
      assert.ok(parsed.ok || !parsed.message.includes("\n"));
      isRfc3339(text);
      isClaimableNick(text);
      didCommitsTo(displayHandle(bareHandle(text)), keys.publicKey);
      assert.ok(kindOf(text) >= 0);
      reprintNumber(text);
      stableNumber(text);
      fromBase64Strict(text);
      parseRelayUrl(text);
      readPidFile(text);
      assert.ok(!/\p{Cc}|\u202e/u.test(quote(text)));
    }),
    { numRuns },
  );
});

Deno.test("relay.json: any object is read with what it holds, or refused", () => {
  fc.assert(
    fc.property(jsonObject, (value) => {
      RelayState.safeParse(plain(value));
    }),
    { numRuns: Math.min(numRuns, 20_000) },
  );
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { parseEvent } from "../../protocol/event/event.ts";
import { verifyEvent } from "../../protocol/event/verify.ts";
import { makeDid } from "../../protocol/identity/did.ts";
import { keyPairFromSeed } from "../../protocol/identity/keys.ts";
import { type Handle, isHandle } from "../../protocol/ids.ts";
import { emptyTrust, selfEntry } from "../../protocol/trust/trust.ts";
import { testRuns } from "../../tests/runs.ts";
import { completePartial } from "./complete_partial.ts";
import { checkSignedLine } from "./signed_line.ts";
import { type PartialLine, planSigning, runsOf, type SigningContext } from "./signing_plan.ts";

function handle(text: string): Handle {
  assert.ok(isHandle(text));
  return text;
}

const keys = keyPairFromSeed(new Uint8Array(32).fill(7));
const signer = { handle: handle("alice"), did: makeDid("alice", keys.publicKey), keys };
const at = "2026-01-01T00:00:00Z";
const trust = selfEntry({ handle: signer.handle, did: signer.did, publicKey: keys.publicKey }, {
  at,
  store: emptyTrust(),
});
const context: SigningContext = {
  peer: handle("bob"),
  to: "did:wire:bob-12345678",
  signer,
  intents: [],
  now: 1_000_000,
  timestamp: () => at,
};

function lines(...texts: string[]): PartialLine[] {
  let offset = 0;
  return texts.map((raw) => {
    const line = { offset, end: offset + raw.length + 1, raw, event: parseEvent(raw) };
    offset = line.end;
    return line;
  });
}

const complete = (text: string) =>
  completePartial(parseEvent(text).value, { ...context, timestamp: at });

Deno.test("S9: what a line lacks is filled in as send would, what it has stays", () => {
  const short = complete('{"kind":"claim"}');
  assert.equal(short.tag, "signed");
  if (short.tag !== "signed") return;
  assert.ok(verifyEvent(short.event, trust).ok);
  assert.equal(checkSignedLine(short.event, signer).tag, "ours");
  const { event_id: _id, public_key_id: _key, signature: _signature, ...said } = JSON.parse(
    short.event.text,
  );
  assert.deepEqual(said, {
    body: null,
    from: signer.did,
    kind: 1001,
    schema_version: "v3.1",
    timestamp: at,
    to: "did:wire:bob-12345678",
    type: "claim",
  });
  const long = complete(
    '{"kind":1002,"type":"note","to":"bob","from":"alice","body":[1.0],"timestamp":"t","x":1.0,' +
      '"time_sensitive_until":"2027-01-01T00:00:00Z","event_id":"e","signature":7}',
  );
  assert.equal(long.tag, "signed");
  if (long.tag !== "signed") return;
  for (
    const part of [
      '"x":1.0',
      '"kind":1002',
      '"type":"note"',
      '"to":"bob"',
      `"from":"${signer.did}"`,
    ]
  ) {
    assert.ok(long.event.text.includes(part), part);
  }
  assert.ok(verifyEvent(long.event, trust).ok);
});

Deno.test("S9: any object becomes a valid event of ours or a reason, and nothing throws", () => {
  const member = fc.oneof(fc.jsonValue(), fc.constantFrom("claim", "1001", 1001, -1, 1e300));
  const partial = fc.record({
    kind: member,
    type: member,
    to: member,
    from: member,
    body: fc.jsonValue(),
  }, {
    requiredKeys: [],
  });
  fc.assert(
    fc.property(partial, (value) => {
      const completed = complete(JSON.stringify(value));
      if (completed.tag === "unusable") assert.match(completed.problem, /^[^\n]+$/);
      else assert.ok(verifyEvent(completed.event, trust).ok);
    }),
    { numRuns: testRuns(200) },
  );
});

Deno.test("ruling 1: a line that was signed before is the same event after a restart, at any time", () => {
  const [line] = lines('{"kind":"claim","body":"x"}');
  assert.ok(line);
  const first = planSigning([line], context);
  assert.ok(first.hasNewIntents);
  const later = { ...context, timestamp: () => "2030-01-01T00:00:00Z", now: 10 ** 12 };
  const again = planSigning([line], { ...later, to: "did:wire:other", intents: first.intents });
  assert.ok(!again.hasNewIntents);
  assert.deepEqual([...again.events.keys()], [...first.events.keys()]);
  const moved = { ...line, offset: 500, end: 500 + line.raw.length + 1 };
  const other = planSigning([moved], { ...later, intents: first.intents });
  assert.notDeepEqual([...other.events.keys()], [...first.events.keys()]);
  const soon = planSigning([moved], {
    ...context,
    now: context.now + 120_000,
    intents: first.intents,
  });
  assert.deepEqual([...soon.events.keys()], [...first.events.keys()]);
});

Deno.test("lines next to each other are blanked with one write", () => {
  const [a, b, c] = lines('{"kind":1}', '{"kind":100}', '{"kind":1000}');
  assert.ok(a && b && c);
  assert.deepEqual(runsOf([a, b, c]), [[a, b, c]]);
  assert.deepEqual(runsOf([a, c]), [[a], [c]]);
  assert.deepEqual(runsOf([]), []);
});

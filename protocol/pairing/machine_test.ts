import assert from "node:assert/strict";
import fc from "fast-check";
import { testRuns } from "../../tests/runs.ts";
import {
  about,
  bob,
  mailbox,
  meeting,
  SAMPLE_EVENTS,
  sampleStates,
  SAS,
  SEED,
  START,
} from "./machine_samples.ts";
import { resume, step } from "./machine.ts";
import type { PairEffect, PairEvent } from "./pair_event.ts";
import { expiresAt, isEnded, type PairState } from "./pair_state.ts";

const all = [...sampleStates("host"), ...sampleStates("guest")];

function walk(state: PairState, events: readonly PairEvent[]) {
  const effects: PairEffect[] = [];
  for (const event of events) {
    const [next, asked] = step(state, event);
    state = next;
    effects.push(...asked);
  }
  return { state, effects: effects.map((it) => it.tag === "notify" ? it.notice : it.tag) };
}

const opened: PairEvent = {
  tag: "opened",
  pairId: meeting.pairId,
  slotId: meeting.slotId,
  slotToken: meeting.slotToken,
};
const joined: PairEvent = { tag: "peerJoined", peerMsg: "U9rY", sas: SAS };
const typed = (digits: string): PairEvent => ({
  tag: "digitsTyped",
  digits,
  proof: "typed",
  now: START + 2_000,
});
const finish: readonly PairEvent[] = [
  { tag: "sealed", sealed: "c2VhbGVk" },
  { tag: "published" },
  { tag: "peerOpened", card: bob, mailbox },
  { tag: "pinned", peerDid: bob.did },
];

for (const role of ["host", "guest"] as const) {
  Deno.test(`a ${role} goes from request to paired, asking for each thing once`, () => {
    const { state, effects } = walk({ tag: "requested", about: about(role) }, [
      { tag: "seedDrawn", seed: SEED },
      opened,
      joined,
      typed(SAS),
      ...finish,
    ]);
    assert.deepEqual(state, { tag: "paired", about: about(role), peerDid: bob.did });
    const asked = ["open", "look", "digits", "seal", "publish", "look", "pin", "forget", "paired"];
    assert.deepEqual(effects, asked);
  });
}

Deno.test("lesson 15: a SAS confirmed on one side only never pins: that takes the peer's bootstrap", () => {
  const ready: PairState = { tag: "requested", about: about("host"), seed: SEED };
  const { state, effects } = walk(ready, [
    opened,
    joined,
    typed(SAS),
    { tag: "sealed", sealed: "c2VhbGVk" },
    { tag: "published" },
    { tag: "pinned", peerDid: bob.did }, // nobody was opened yet
    { tag: "tick", now: START + 11 * 60_000 },
  ]);
  assert.equal(state.tag, "aborted");
  assert.ok(!effects.includes("pin"));
  assert.ok(effects.includes("abandon"), "the other side is told, so that it does not pin either");
});

Deno.test("six wrong digits end it for good and tell the relay; a slip of the finger does not", () => {
  const [ready] = all.filter((state) => state.tag === "sas_ready");
  assert.ok(ready);
  assert.equal(walk(ready, [typed("12345"), typed("")]).state, ready);
  const wrong = walk(ready, [typed("654321"), typed(SAS), ...finish]);
  assert.equal(wrong.state.tag, "aborted");
  assert.deepEqual(wrong.effects, ["abandon", "aborted"]);
  assert.ok(wrong.state.tag === "aborted" && !/\d{6}/.test(wrong.state.error), "no digits in it");
});

Deno.test("a code whose role is taken ends without abandoning what others have begun", () => {
  for (const state of all) {
    if (state.tag !== "requested") continue;
    const { effects } = walk(state, [{ tag: "roleTaken", error: "409" }]);
    assert.deepEqual(effects, ["aborted"]);
  }
});

Deno.test("a guest who never got in abandons nothing; a host with a seed may have got in", () => {
  const guest = walk({ tag: "requested", about: about("guest"), seed: SEED }, [{
    tag: "cancelled",
  }]);
  assert.deepEqual(guest.effects, ["aborted"]);
  const host = walk({ tag: "requested", about: about("host"), seed: SEED }, [{ tag: "cancelled" }]);
  assert.deepEqual(host.effects, ["abandon", "aborted"]);
});

Deno.test("lesson 16: every pairing that lives has an end, and ends then, not before", () => {
  for (const state of all) {
    if (isEnded(state) || state.tag === "stranded") continue;
    const end = expiresAt(state);
    assert.equal(step(state, { tag: "tick", now: end - 1 })[0], state);
    const [after] = step(state, { tag: "tick", now: end });
    assert.ok(after.tag === "aborted" && /expired/.test(after.error));
  }
});

Deno.test("lesson 15: an end after our bootstrap was posted says what the other side may show", () => {
  for (const state of all) {
    if (isEnded(state) || state.tag === "stranded") continue;
    const [after] = step(state, { tag: "failed", error: "no" });
    const mayHaveFinished = state.tag === "confirmed" && state.published;
    const error = mayHaveFinished ? "no; the other side may show us as verified: pair again" : "no";
    assert.ok(after.tag === "aborted" && after.error === error);
  }
});

Deno.test("the digits stay those of the first message, whatever the relay says later", () => {
  for (const state of all) {
    if (state.tag !== "sas_ready" && state.tag !== "confirmed") continue;
    const [next] = step(state, { tag: "peerJoined", peerMsg: "other", sas: "000000" });
    if (state.peerMsg !== undefined) assert.equal(next, state);
    else assert.equal(next.tag, "aborted");
  }
});

Deno.test("lesson 17: after a crash every state knows what to repeat, and the relay is still told", () => {
  for (const state of all) {
    const tags = resume(state).map((effect) => effect.tag);
    if (state.tag === "stranded") assert.deepEqual(tags, []);
    else if (state.tag === "aborted" || state.tag === "aborted_restart") {
      assert.deepEqual(tags, state.abandonDue ? ["abandon"] : []);
    } else assert.equal(tags.length, 1, state.tag);
  }
});

const anyEvent = fc.constantFrom(...SAMPLE_EVENTS);

Deno.test("total, and terminal stays terminal: any events in any order from any state", () => {
  fc.assert(
    fc.property(fc.constantFrom(...all), fc.array(anyEvent, { maxLength: 30 }), (start, events) => {
      let state = start;
      for (const event of events) {
        const [next, effects] = step(state, event);
        if (isEnded(state)) {
          assert.equal(next.tag, state.tag);
          assert.ok(effects.every((effect) => effect.tag === "forget"));
        }
        assert.equal(next.about, state.about);
        state = next;
      }
    }),
    { numRuns: testRuns(500) },
  );
});

Deno.test("whatever happens, sealing follows a confirmation and pinning a peer's bootstrap", () => {
  const fresh = fc.constantFrom<PairState>(
    { tag: "requested", about: about("host") },
    { tag: "requested", about: about("guest"), seed: SEED },
  );
  fc.assert(
    fc.property(fresh, fc.array(anyEvent, { maxLength: 60 }), (start, events) => {
      let state = start;
      const seen = new Set<string>();
      for (const event of events) {
        const before = state;
        const [next, effects] = step(state, event);
        if (before.tag === "sas_ready") {
          const digits = event.tag === "digitsTyped" ? event.digits : undefined;
          if (event.tag === "accepted" || digits === before.sas) seen.add("confirmed");
        }
        for (const effect of effects) {
          if (effect.tag === "seal" || effect.tag === "publish") assert.ok(seen.has("confirmed"));
          if (effect.tag === "pin") {
            assert.ok(event.tag === "peerOpened");
            assert.ok(before.tag === "confirmed" && before.published);
          }
        }
        if (next.tag === "paired" && before.tag !== "paired") assert.equal(event.tag, "pinned");
        state = next;
      }
    }),
    { numRuns: testRuns(500) },
  );
});

Deno.test("a repeated event changes nothing the second time, except that a peer is pinned again", () => {
  fc.assert(
    fc.property(fc.constantFrom(...all), anyEvent, (state, event) => {
      fc.pre(state.tag !== "stranded"); // whose first event is lost on its end
      const [once] = step(state, event);
      const [twice, effects] = step(once, event);
      assert.deepEqual(twice, once);
      const repeatable = ["pin", "forget"];
      assert.ok(effects.every(({ tag }) => repeatable.includes(tag)), JSON.stringify(effects));
    }),
    { numRuns: testRuns(500) },
  );
});

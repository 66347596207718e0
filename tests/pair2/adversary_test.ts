/** docs/protocol/extensions.md §10 against whoever owns the relay. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Phase, PHASES } from "../../protocol/pair2/event.ts";
import { testRuns } from "../runs.ts";
import { bytesFor, Duel, type Loss } from "./adversary.ts";

const side = fc.constantFrom("host" as const, "guest" as const);
const phase = fc.constantFrom<Phase>(...PHASES);
const LENGTHS: Readonly<Record<Phase, number>> = {
  commit: 32,
  pake: 65,
  confirm: 188,
  card: 900,
  done: 90,
};

const ACTIONS = fc.array(
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({
        do: fc.constant("run" as const),
        side,
        loss: fc.constantFrom<Loss>("none", "none", "none", "request", "reply"),
        hidden: fc.subarray([...PHASES], { maxLength: 2 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("compare" as const), side }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("mail" as const), side }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("restart" as const), side }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("repeat" as const), side }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ max: 12_000 }) }),
    },
  ),
  { minLength: 5, maxLength: 70 },
);

type Action = typeof ACTIONS extends fc.Arbitrary<(infer A)[]> ? A : never;

function act(duel: Duel, action: Action): void {
  switch (action.do) {
    case "run":
      return duel.run(action.side, action.loss, action.hidden);
    case "compare":
      return duel.compare(action.side);
    case "mail":
      return duel.readMail(action.side);
    case "restart":
      return duel.restart(action.side);
    case "repeat": {
      const { lastEvent } = duel.agents[action.side];
      return lastEvent === undefined ? undefined : duel.give(action.side, lastEvent);
    }
    case "wait":
      duel.now += Math.max(0, action.ms);
  }
}

const outcome = (duel: Duel): string =>
  `${duel.agents.host.pinned !== undefined} ${duel.agents.guest.pinned !== undefined}`;

Deno.test("lesson 15: left alone, both sides end verified with each other's key", () => {
  const duel = new Duel();
  duel.settle();
  assert.equal(outcome(duel), "true true");
  const { host, guest } = duel.agents;
  assert.deepEqual([host.state.tag, guest.state.tag], ["verified", "verified"]);
  assert.doesNotMatch(JSON.stringify([host.state, guest.state]), /abandon|seed|nonce/i);
});

Deno.test("lessons 15 and 17: reordered, lost, doubled, restarted: both verified or neither", () => {
  let paired = 0;
  fc.assert(
    fc.property(ACTIONS, (actions) => {
      const duel = new Duel();
      for (const action of actions) act(duel, action);
      duel.settle();
      assert.match(outcome(duel), /^(true true|false false)$/);
      if (outcome(duel) === "true true") paired++;
    }),
    { numRuns: testRuns(20) },
  );
  assert.ok(paired > 0, "the adversary does not always win");
});

Deno.test("a relay that forges, reflects or replays any phase pairs nobody with anybody else", () => {
  const other = new Duel(); // another pairing of the same two, to replay from
  other.settle();
  const forgery = fc.record({
    victim: side,
    phase,
    how: fc.constantFrom("random", "reflect", "replay", "flip", "garbage", "empty"),
    at: fc.integer({ min: 0, max: 25 }),
  });
  fc.assert(
    fc.property(forgery, ({ victim, phase, how, at }) => {
      const duel = new Duel();
      for (let i = 0; i < 30; i++) {
        if (i === at) duel.forged[victim][phase] = forged(duel, { victim, phase, how }, other);
        for (const each of ["host", "guest"] as const) {
          duel.run(each, "none");
          duel.compare(each);
        }
      }
      duel.settle();
      assert.match(outcome(duel), /^(true true|false false)$/);
    }),
    { numRuns: testRuns(25) },
  );
});

function forged(
  duel: Duel,
  { victim, phase, how }: { victim: "host" | "guest"; phase: Phase; how: string },
  other: Duel,
): string {
  const current = duel.openings.at(-1)?.put;
  const real = Uint8Array.fromBase64(current?.[victim][phase] ?? "");
  switch (how) {
    case "random":
      return bytesFor("forged", LENGTHS[phase]).toBase64();
    case "reflect":
      return current?.[victim === "host" ? "guest" : "host"][phase] ?? "";
    case "replay":
      return other.openings[0]?.put[victim][phase] ?? "";
    case "flip":
      if (real.length > 0) real[real.length - 1] = (real[real.length - 1] ?? 0) ^ 1;
      return real.toBase64();
    case "garbage":
      return "no base64 \u{1f600}";
    default:
      return "";
  }
}

Deno.test("a wrong confirm burns the code at once and is told as an attempt", () => {
  const duel = new Duel(["abandon", "ability", "about"]);
  duel.settle();
  assert.equal(outcome(duel), "false false");
  const { state } = duel.agents.host;
  assert.ok(state.tag === "ended" && state.tried);
  assert.match(state.error, /other words.*somebody may have tried/);
  assert.equal(duel.openings[0]?.closed, "abandoned");
  assert.equal(duel.openings[0]?.put.host.confirm, undefined, "the host never confirms a guesser");
  assert.equal(duel.openings.length, 1, "nobody tries the code again by itself");
});

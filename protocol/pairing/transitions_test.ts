import assert from "node:assert/strict";
import { drawTransitions } from "./drawing.ts";
import { SAMPLE_EVENTS, sampleStates } from "./machine_samples.ts";
import { step } from "./machine.ts";
import { effectName, type Transition, TRANSITIONS } from "./transitions.ts";

const FRAME = { start: "requested", ends: ["paired", "aborted", "aborted_restart"] };

const sameTransition = (a: Transition, b: Transition): boolean =>
  a.from === b.from && a.on === b.on && a.to === b.to && a.effects.join() === b.effects.join();

Deno.test("the machine does what the list says, and nothing that it does not say", () => {
  const seen = new Set<Transition>();
  for (const role of ["host", "guest"] as const) {
    for (const state of sampleStates(role)) {
      for (const event of SAMPLE_EVENTS) {
        const [next, asked] = step(state, event);
        if (next === state && asked.length === 0) continue;
        const effects = asked.map(effectName);
        const done: Transition = { from: state.tag, on: event.tag, to: next.tag, effects };
        const listed = TRANSITIONS.filter((it) => sameTransition(it, done));
        assert.equal(listed.length, 1, JSON.stringify(done));
        for (const it of listed) seen.add(it);
      }
    }
  }
  assert.deepEqual(TRANSITIONS.filter((it) => !seen.has(it)), [], "listed, but never done");
});

Deno.test("docs/protocol-machines.md holds the drawing of this list", () => {
  const page = Deno.readTextFileSync(new URL("../../docs/protocol-machines.md", import.meta.url));
  const drawing = page.match(/```mermaid\n(stateDiagram-v2\n[^`]*?)\n```/)?.[1];
  assert.equal(drawing, drawTransitions(TRANSITIONS, FRAME));
});

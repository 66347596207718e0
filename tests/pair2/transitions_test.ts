import assert from "node:assert/strict";
import { drawTransitions } from "../../protocol/pairing/drawing.ts";
import { step } from "../../protocol/pair2/machine.ts";
import { effectName2, type Transition2, TRANSITIONS2 } from "../../protocol/pair2/transitions.ts";
import { samples } from "./machine_samples.ts";

const sameTransition = (a: Transition2, b: Transition2): boolean =>
  a.from === b.from && a.on === b.on && a.to === b.to && a.effects.join() === b.effects.join();

Deno.test("the pair/2 machine does what the list says, and nothing that it does not say", () => {
  const seen = new Set<Transition2>();
  for (const { self, state, events } of samples()) {
    for (const event of events) {
      const [next, asked] = step(self, state, event);
      if (next === state && asked.length === 0) continue;
      const effects = asked.map(effectName2);
      const done: Transition2 = { from: state.tag, on: event.tag, to: next.tag, effects };
      const listed = TRANSITIONS2.filter((it) => sameTransition(it, done));
      assert.equal(listed.length, 1, JSON.stringify(done));
      for (const it of listed) seen.add(it);
    }
  }
  assert.deepEqual(TRANSITIONS2.filter((it) => !seen.has(it)), [], "listed, but never done");
});

Deno.test("docs/protocol-machines.md holds the drawing of the pair/2 list", () => {
  const page = Deno.readTextFileSync(new URL("../../docs/protocol-machines.md", import.meta.url));
  const drawings = [...page.matchAll(/```mermaid\n(stateDiagram-v2\n[^`]*?)\n```/g)];
  assert.equal(
    drawings[1]?.[1],
    drawTransitions(TRANSITIONS2, { start: "claiming", ends: ["verified", "ended"] }),
  );
});

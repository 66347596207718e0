/** pair/2 whose processes die and whose replies get lost: it goes on with the same bytes. */
import assert from "node:assert/strict";
import type { ClientContext } from "../../client/context.ts";
import { Crash, type CrashMoment, FaultFiles } from "../../platform/fault_files.ts";
import { type Agent, assertVerified, compare, met, rounds } from "./pair2_world.ts";

/** A whole pairing in which one side's process may die. */
async function mortal(mortalIs: "alice" | "bob", at: number | undefined, moment: CrashMoment) {
  const { world, alice, bob } = await met();
  const dying = new FaultFiles((mortalIs === "alice" ? alice : bob).files);
  if (at !== undefined) dying.crashAt(at, moment);
  let context: ClientContext | undefined = (mortalIs === "alice" ? alice : bob).context(dying);
  const survive = async (
    agent: Agent,
    work: (context: ClientContext) => Promise<unknown>,
  ): Promise<void> => {
    if (agent.name !== mortalIs || context === undefined) {
      await work(agent.context());
      return;
    }
    try {
      await work(context);
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      context = undefined;
      await work(agent.context());
    }
  };
  for (let round = 0; round < 8; round++) {
    for (const [agent, other] of [[alice, bob], [bob, alice]] as const) {
      await survive(agent, (it) => agent.tick(it));
      await survive(agent, (it) => compare(agent, other, it));
    }
  }
  return { world, alice, bob, steps: dying.steps };
}

for (const side of ["alice", "bob"] as const) {
  for (const moment of ["before", "after"] satisfies CrashMoment[]) {
    Deno.test(`lesson 17: ${side} dies ${moment} any durable step, and goes on with the same bytes`, async () => {
      const whole = await mortal(side, undefined, moment);
      await assertVerified(whole.alice, whole.bob);
      await whole.world[Symbol.asyncDispose]();
      assert.ok(whole.steps.length >= 12, `${whole.steps.length}`);
      for (const { index, point } of whole.steps) {
        const { world, alice, bob } = await mortal(side, index, moment);
        await assertVerified(alice, bob, `${point} ${index}`);
        await world[Symbol.asyncDispose]();
      }
    });
  }
}

Deno.test("lesson 15: any reply may be lost after the relay has acted: both are verified", async () => {
  const whole = await met();
  const before = whole.world.calls.length;
  await rounds(whole.alice, whole.bob);
  const count = whole.world.calls.length - before;
  await whole.world[Symbol.asyncDispose]();
  for (let lost = 0; lost < count; lost++) {
    const { world, alice, bob } = await met();
    let call = 0;
    world.between = () => call++ === lost ? "lost" : undefined;
    await rounds(alice, bob, 10);
    await assertVerified(alice, bob, `reply ${lost}`);
    await world[Symbol.asyncDispose]();
  }
});

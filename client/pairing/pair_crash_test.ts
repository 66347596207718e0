import assert from "node:assert/strict";
import { Crash, type CrashMoment, FaultFiles } from "../../platform/fault_files.ts";
import { type ClientContext, createContext } from "../context.ts";
import { pairConfirm } from "../operations/pair_confirm.ts";
import { type Agent, PairWorld, pinned, statusOf } from "./fake/pair_world.ts";

/** A home whose process may die, and be started again with the same files. */
class Mortal {
  readonly agent: Agent;
  readonly files: FaultFiles;
  context: ClientContext;

  constructor(agent: Agent) {
    this.agent = agent;
    this.files = new FaultFiles(agent.platform.files);
    this.context = createContext({ ...agent.platform, files: this.files }, { warn: () => {} });
  }

  /** Does the work; if the process dies of it, another one does it again. */
  async survive(work: (context: ClientContext) => Promise<unknown>): Promise<void> {
    try {
      await work(this.context);
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      this.context = createContext(this.agent.platform, { warn: () => {} });
      await work(this.context);
    }
  }
}

async function digitsOf({ context }: Agent, code: string): Promise<string | undefined> {
  const record = await context.home.pendingPairs.read(code);
  return record?.status === "sas_ready" ? record.sas ?? undefined : undefined;
}

/** Nothing, unless digits are shown. */
async function confirm(
  agent: Agent,
  context: ClientContext,
  input: { readonly code: string; readonly digits: string },
): Promise<void> {
  if (await digitsOf(agent, input.code) !== undefined) await pairConfirm.run(context, input);
}

/** A whole detached pairing in which alice's process may die, or a reply to her be lost. */
async function pairing(prepare: (world: PairWorld, alice: Mortal) => void) {
  const world = new PairWorld();
  const alice = new Mortal(await world.agent("alice"));
  const bob = await world.agent("bob");
  const code = await world.queueHost(alice.agent);
  await world.queueJoin(bob, code);
  await world.tick(bob);
  world.relay.calls.length = 0;
  prepare(world, alice);
  for (let round = 0; round < 6; round++) {
    await alice.survive((context) => world.tick({ name: "alice", context }));
    await world.tick(bob);
    const digits = await digitsOf(bob, code) ?? await digitsOf(alice.agent, code) ?? "";
    await alice.survive((context) => confirm(alice.agent, context, { code, digits }));
    await confirm(bob, bob.context, { code, digits });
  }
  return { world, alice, bob, code };
}

async function assertPaired({ alice, bob, code }: Awaited<ReturnType<typeof pairing>>, at: string) {
  assert.deepEqual(await pinned(alice.agent), { [bob.did]: "VERIFIED" }, at);
  assert.deepEqual(await pinned(bob), { [alice.agent.did]: "VERIFIED" }, at);
  assert.equal(await statusOf(alice.agent, code), undefined, at);
  const { peers } = await alice.agent.context.home.readRelayState();
  const { self } = await bob.context.home.readRelayState();
  assert.equal(peers["bob"]?.slot_token, self?.slot_token, at);
}

for (const moment of ["before", "after"] satisfies CrashMoment[]) {
  Deno.test(`lesson 17: a process that dies ${moment} any durable step of a pairing goes on with it`, async () => {
    const whole = await pairing(() => {});
    await assertPaired(whole, "without a crash");
    const steps = whole.alice.files.steps;
    assert.ok(steps.length >= 10, "the pairing reached its durable steps");
    for (const { index, point } of steps) {
      const crashed = await pairing((_, alice) => void alice.files.crashAt(index, moment));
      assert.ok(crashed.alice.files.crashed, `${point} was reached again`);
      await assertPaired(crashed, `${moment} step ${index}, ${point}`);
    }
  });
}

Deno.test("a reply of the relay that is lost on the way is asked for again, whichever it is", async () => {
  const whole = await pairing(() => {});
  const calls = whole.world.relay.calls.length;
  for (let call = 0; call < calls; call++) {
    await assertPaired(
      await pairing(({ relay }) => void relay.lostReplies.add(call)),
      `call ${call} lost`,
    );
  }
});

Deno.test("a full disk at any step delays the pairing and pins nobody halfway", async () => {
  const { alice } = await pairing(() => {});
  for (const { index, point } of alice.files.steps) {
    const full = await pairing((_, mortal) => {
      mortal.files.diskFullAt(index);
      const { survive } = mortal;
      mortal.survive = (work) =>
        survive.call(mortal, (context) => work(context).catch(() => work(context)));
    });
    await assertPaired(full, `disk full at step ${index}, ${point}`);
  }
});

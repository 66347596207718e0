/**
 * The program is killed at each durable step and at each request to the relay, on the way from one
 * mailbox to the next and while the old one is closed; then the same is run again.
 */
import assert from "node:assert/strict";
import { Crash, type CrashMoment, FaultFiles } from "../../platform/fault_files.ts";
import { type ClientContext, createContext } from "../../client/context.ts";
import { add } from "../../client/operations/add.ts";
import { claim } from "../../client/operations/claim.ts";
import { pairAccept } from "../../client/operations/pair_inbound.ts";
import { pull } from "../../client/operations/pull.ts";
import { push } from "../../client/operations/push.ts";
import { rotateSlot } from "../../client/operations/rotate_slot.ts";
import { send } from "../../client/operations/send.ts";
import { RELAY, run } from "../../client/fake/world.ts";
import { previousMailboxes } from "../../store/home/previous_mailboxes.ts";
import { testRuns } from "../runs.ts";
import { RelayWorld } from "../relay/relay_world.ts";
import {
  connect,
  type GrantingWorld,
  grantingWorld,
  live,
  processOf,
  recorded,
} from "./granting_world.ts";

const DAY_MS = 86_400_000;
/** What stands after one place stands before the next one: a long run looks at both all the same. */
const MOMENTS: readonly CrashMoment[] = testRuns(1) > 1 ? ["before", "after"] : ["after"];

class Pair implements AsyncDisposable {
  constructor(readonly ida: GrantingWorld, readonly bob: GrantingWorld) {}

  /** Bob writes to whatever mailbox of ida he knows. */
  async say(body: string): Promise<void> {
    await run(send, this.bob, { peer: "ida", body });
    await run(push, this.bob, {});
  }

  async later(ms: number): Promise<void> {
    const { ida, bob } = this;
    for (const { clock } of [ida.platform, bob.platform]) await clock.advance(ms);
    // Its sleepers do not notice: what it does every minute is of no interest here.
    const now = Temporal.Instant.fromEpochMilliseconds(ida.relay.clock.now() + ms);
    ida.relay.clock.setWallClock(now.toString());
  }

  /** How often each of bob's messages is in ida's inbox. */
  heard(bodies: readonly string[]): readonly number[] {
    const { platform, home } = this.ida;
    const text = platform.files.texts()[`${home.file.inbox}/bob.jsonl`] ?? "";
    return bodies.map((body) => text.split(`"body":"${body}"`).length - 1);
  }

  async old() {
    return previousMailboxes(await this.ida.home.readRelayState());
  }

  async isOpen({ slotId, slotToken }: { slotId: string; slotToken: string }): Promise<boolean> {
    const { relay } = this.ida;
    const { status } = await relay.call(`/v1/slot/${slotId}/state`, { token: slotToken });
    assert.ok(status === 200 || status === 410, String(status));
    return status === 200;
  }

  /** Everybody is in the new mailbox, and in no other. */
  async assertSettled(label: string): Promise<void> {
    const { ida, bob } = this;
    assert.deepEqual(await this.old(), [], label);
    assert.ok(!await this.isOpen(ida.mailbox), label);
    const { self } = await ida.home.readRelayState();
    const { slot_id = "", slot_token = "" } = self ?? {};
    const path = `/v1/slot/${slot_id}/grants`;
    const { grants } = JSON.parse((await ida.relay.call(path, { token: slot_token })).text);
    assert.equal(live(grants).length, 1, label);
    const held = await recorded(ida);
    assert.deepEqual(held.map(({ holder }) => holder), [bob.self.did], label);
    const known = (await bob.home.readRelayState()).peers["ida"];
    assert.deepEqual([known?.slot_id, known?.slot_token], [slot_id, held[0]?.token], label);
    const directory = await ida.relay.call("/.well-known/wire/agent?handle=ida");
    assert.equal(JSON.parse(directory.text).slot_id, slot_id, label);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.ida[Symbol.asyncDispose]();
  }
}

async function paired(): Promise<Pair> {
  const relay = new RelayWorld();
  const pair = new Pair(await grantingWorld("ida", relay), await grantingWorld("bob", relay));
  const { ida, bob } = pair;
  await run(claim, ida, { nick: "ida" });
  await run(add, bob, { handle: "ida@relay.test", relay: RELAY });
  await run(pull, ida, {});
  await run(pairAccept, ida, { peer: "bob" });
  for (const world of [ida, bob]) {
    await run(push, world, {});
    await run(pull, world, {});
  }
  await pair.later(1_000);
  return pair;
}

/** Where a run can die: a durable step, or a request, by its number. */
interface Place {
  readonly kind: "step" | "request";
  readonly index: number;
  readonly name: string;
}

/** @returns every place that the run passes */
async function placesOf(
  { ida }: Pair,
  work: (context: ClientContext) => Promise<unknown>,
): Promise<readonly Place[]> {
  const files = new FaultFiles(ida.platform.files);
  const asked = ida.platform.net.requests.length;
  await work(processOf(ida, files));
  const requests = ida.platform.net.requests.slice(asked);
  return [
    ...files.steps.map(({ index, point: name }) => ({ kind: "step" as const, index, name })),
    ...requests.map(({ method, url }, index) => {
      const name = `${method} ${new URL(url).pathname}`;
      return { kind: "request" as const, index, name };
    }),
  ];
}

/** Runs the work in a process that dies there. */
async function killedAt(
  { ida }: Pair,
  place: Place,
  moment: CrashMoment,
  work: (context: ClientContext) => Promise<unknown>,
): Promise<void> {
  const files = new FaultFiles(ida.platform.files);
  let isDead = false;
  if (place.kind === "step") files.crashAt(place.index, moment);
  else {
    let count = 0;
    ida.platform.net.serve(RELAY, async (request) => {
      const isHere = count++ === place.index;
      if (isDead || files.crashed) throw new Crash("a request of the dead");
      if (isHere) {
        isDead = true;
        files.readOnly = true; // whatever else was under way leaves no trace either
      }
      if (isHere && moment === "before") throw new Crash(place.name);
      const answer = await ida.relay.relay.fetch(request, { remoteAddress: "192.0.2.1" });
      if (isHere) throw new Crash(place.name);
      return answer;
    });
  }
  const context = createContext({ ...ida.platform, files }, { warn: () => {} });
  await work(context).catch(() => undefined);
  assert.ok(isDead || files.crashed, `${moment} ${place.name}`);
  connect(ida, ida.relay);
}

const rotate = (context: ClientContext) => rotateSlot.run(context, { grants: true });
const read = (context: ClientContext) => pull.run(context);

async function sweepRotation(kind: Place["kind"], required: RegExp): Promise<void> {
  await using calm = await paired();
  const places = (await placesOf(calm, rotate)).filter((place) => place.kind === kind);
  assert.match(places.map(({ name }) => name).join("\n"), required);
  for (const place of places) {
    for (const moment of MOMENTS) {
      const label = `${moment} ${place.kind} ${place.index}: ${place.name}`;
      await using pair = await paired();
      const { ida, bob } = pair;
      await pair.say("before");
      await killedAt(pair, place, moment, rotate);
      await pair.say("between");
      await pair.later(1_000); // a notice that is not later than the one before changes nothing
      await rotate(processOf(ida));
      await pair.later(31 * DAY_MS);
      await read(processOf(ida));
      const left = await pair.old();
      assert.ok(left.length > 0, label);
      for (const mailbox of left) assert.ok(await pair.isOpen(mailbox), label);
      await pair.say("not across yet");
      await run(pull, bob, {});
      await pair.say("across");
      await read(processOf(ida));
      await read(processOf(ida));
      const bodies = ["before", "between", "not across yet", "across"];
      assert.deepEqual(pair.heard(bodies), [1, 1, 1, 1], label);
      await pair.assertSettled(label);
    }
  }
}

Deno.test("P1, lesson 6: rotate-slot --grants, killed at any durable step and run again, loses and doubles nothing", async () => {
  await sweepRotation("step", /home\.grants[^]*home\.relay_state[^]*home\.nicks/);
});

Deno.test("P1, lesson 6: rotate-slot --grants, killed at any request and run again, loses and doubles nothing", async () => {
  await sweepRotation("request", /slot\/allocate[^]*handle\/claim[^]*\/grants[^]*\/v1\/events\//);
});

Deno.test("P1, lesson 6: an old mailbox that is being closed, killed anywhere, is read to its end and closed once", async () => {
  const ready = async (): Promise<Pair> => {
    const pair = await paired();
    await rotate(processOf(pair.ida));
    await pair.say("late");
    await run(pull, pair.bob, {});
    await pair.say("across");
    await pair.later(31 * DAY_MS);
    return pair;
  };
  await using calm = await ready();
  const places = await placesOf(calm, read);
  assert.match(places.map(({ name }) => name).join("\n"), /DELETE \/v1\/slot\/[0-9a-f]{32}$/m);
  await calm.assertSettled("calm");
  for (const place of places) {
    for (const moment of MOMENTS) {
      const label = `${moment} ${place.kind} ${place.index}: ${place.name}`;
      await using pair = await ready();
      await killedAt(pair, place, moment, read);
      const isClosed = !(await pair.isOpen(pair.ida.mailbox));
      assert.ok(!isClosed || pair.heard(["late"])[0] === 1, `${label}: closed before it was read`);
      await read(processOf(pair.ida));
      await read(processOf(pair.ida));
      assert.deepEqual(pair.heard(["late", "across"]), [1, 1], label);
      await pair.assertSettled(label);
    }
  }
});

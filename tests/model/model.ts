/** Two who pair, a network that is hostile, and Mallory: the steps, and what holds after each. */
import assert from "node:assert/strict";
import { bindRelay } from "../../client/operations/bind_relay.ts";
import { pull } from "../../client/operations/pull.ts";
import type { CrashMoment } from "../../platform/fault_files.ts";
import { Pair2World, RELAY } from "../pair2/pair2_world.ts";
import { type Form, gesture, otherName, prepare, type Sides, type Spoken } from "./forms.ts";
import { type Deed, Mallory } from "./mallory.ts";
import { Network, type Trick } from "./network.ts";
import { type Name, NAMES, Side } from "./side.ts";

export type Step =
  | { readonly do: "operator" | "daemon" | "restart"; readonly who: Name }
  | {
    readonly do: "die";
    readonly who: Name;
    readonly ahead: number;
    readonly moment: CrashMoment;
  }
  | { readonly do: "network"; readonly who: Name; readonly tricks: readonly Trick[] }
  | { readonly do: "release" }
  | { readonly do: "repeat"; readonly at: number }
  | { readonly do: "mallory"; readonly deed: Deed; readonly who: Name }
  | { readonly do: "wait"; readonly seconds: number };

const DAY_MS = 24 * 3_600_000;
const FAIR_ROUNDS = 14;

export class Model implements AsyncDisposable {
  readonly #spoken: Spoken = { yes: new Set() };

  private constructor(
    readonly form: Form,
    readonly world: Pair2World,
    readonly sides: Sides,
    readonly network: Network,
    readonly mallory: Mallory,
  ) {}

  static async create(form: Form): Promise<Model> {
    const world = new Pair2World();
    const sides = {
      alice: new Side("alice", await world.agent("alice")),
      bob: new Side("bob", await world.agent("bob")),
    };
    for (const { agent } of Object.values(sides)) {
      await bindRelay.run(agent.context(), { url: RELAY });
    }
    await prepare(form, sides);
    return new Model(form, world, sides, new Network(world), new Mallory(world.relayWorld));
  }

  async take(step: Step): Promise<void> {
    await this.#step(step);
    await this.check();
  }

  async #step(step: Step): Promise<void> {
    switch (step.do) {
      case "operator":
        return await gesture(this.form, step.who, this.sides, this.#spoken);
      case "daemon":
        return await this.#daemon(step.who);
      case "restart":
        return this.sides[step.who].restart();
      case "die":
        return this.sides[step.who].dieAt(step.ahead, step.moment);
      case "network":
        return this.network.play(step.who, step.tricks);
      case "release":
        return await this.network.release();
      case "repeat":
        return await this.network.repeat(step.at);
      case "mallory": {
        const [victim, other] = [this.sides[step.who], this.sides[otherName(step.who)]];
        const { code } = this.#spoken;
        const mail = await this.mallory.does(step.deed, { victim, other, code });
        if (mail !== undefined) this.network.mail[step.who].push(mail);
        return;
      }
      case "wait":
        await this.world.clock.advance(step.seconds * 1_000);
    }
  }

  /** A round of the daemon: mail, then pairings. */
  async #daemon(name: Name): Promise<void> {
    const side = this.sides[name];
    await side.run((context) => pull.run(context));
    await side.run((context) => side.agent.tick(context));
  }

  /** After every step: nobody but the other, no way to anybody else, and never without consent. */
  async check(): Promise<void> {
    const verified = { alice: false, bob: false };
    for (const name of NAMES) {
      const [side, other] = [this.sides[name], this.sides[otherName(name)]];
      for (const { did, tier } of await side.pinned()) {
        assert.equal(did, other.agent.did, `${name} has pinned a third party`);
        verified[name] ||= tier === "VERIFIED";
      }
      const trust = await side.agent.context().home.readTrust();
      const { keys } = await other.agent.context().home.readIdentity();
      const pinned = trust.agents.get(other.name);
      if (pinned !== undefined) {
        const key = keys.publicKey.toBase64();
        assert.ok(JSON.stringify(pinned.value).includes(key), `${name} has pinned another key`);
      }
      const { peers } = await side.agent.context().home.readRelayState();
      const { self } = await other.agent.context().home.readRelayState();
      for (const [peer, route] of Object.entries(peers)) {
        assert.equal(peer, other.name);
        assert.equal(route?.slot_id, self?.slot_id, `${name} writes to another's mailbox`);
      }
    }
    for (const name of NAMES) {
      if (verified[name]) await this.#checkVerified(name, verified[otherName(name)]);
    }
  }

  /** What the other side must have come to when one is verified. */
  async #checkVerified(name: Name, otherIsToo: boolean): Promise<void> {
    const other = otherName(name);
    const { yes } = this.#spoken;
    assert.ok(yes.has(other), `${name} is verified and ${other} has not said yes`);
    switch (this.form) {
      case "0.5.19":
        assert.ok(yes.has(name));
        return;
      case "pair/2": {
        if (otherIsToo) return;
        const records = await this.sides[other].agent.context().home.pair2.list();
        assert.ok(records.some(({ state }) => state.tag === "held"), `${other} holds no key`);
        return;
      }
      case "invite":
        assert.ok(name === "bob" || otherIsToo, "the issuer knows before the acceptor");
        return;
      case "add":
        assert.ok(name === "alice" || otherIsToo, "who asked knows before who answered");
        return;
      case "add each other":
        return;
    }
  }

  /** Everything arrives, the operators go on as they would, and then a day passes. */
  async settle(): Promise<void> {
    this.network.becomeFair();
    for (const name of NAMES) this.sides[name].restart();
    for (let round = 0; round < FAIR_ROUNDS; round++) {
      for (const who of NAMES) {
        await this.take({ do: "daemon", who });
        await this.take({ do: "operator", who });
      }
      await this.world.clock.advance(1_000);
      if (await this.#isDone()) break;
    }
  }

  async #isDone(): Promise<boolean> {
    const [alice, bob] = await Promise.all(NAMES.map((name) => this.sides[name].isVerified()));
    return alice === true && bob === true;
  }

  /** Nothing waits past its time: what is not done has ended. @returns who is verified */
  async end(): Promise<Record<Name, boolean>> {
    await this.settle();
    await this.passDay(NAMES);
    const { alice, bob } = this.sides;
    return { alice: await alice.isVerified(), bob: await bob.isVerified() };
  }

  /** A day in which only these are there, and nobody answers any question. */
  async passDay(there: readonly Name[]): Promise<void> {
    const { clock } = this.world;
    // As on a machine that slept: the relay's minutes are not lived through one by one.
    clock.setWallClock(Temporal.Instant.fromEpochMilliseconds(clock.now() + DAY_MS).toString());
    await clock.advance(60_000);
    for (const who of [...there, ...there]) await this.take({ do: "daemon", who });
    for (const name of there) {
      for (const { status, code } of await this.sides[name].pairings()) {
        assert.match(status, /^aborted/, `${name} still waits for ${code}`);
      }
    }
  }

  /** The two go on by turns until these show that: a status, or a state of pair/2. */
  async reach(status: string, whose: readonly Name[]): Promise<void> {
    for (let round = 0; round < FAIR_ROUNDS; round++) {
      for (const who of NAMES) {
        for (const it of ["operator", "daemon"] as const) {
          await this.take({ do: it, who });
          const seen = await Promise.all(whose.map((name) => this.sides[name].standing()));
          if (seen.every((standing) => standing.includes(status))) return;
        }
      }
    }
    assert.fail(`expected ${whose.join()} to come to ${status}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.world[Symbol.asyncDispose]();
  }
}

/**
 * Two homes and a stranger: everything that durable steps of mail are part of, with at most one
 * fault on the way. Used with a death (sync_kill_test.ts) and with a full disk (disk_test.ts).
 */
import assert from "node:assert/strict";
import { type ClientContext, createContext } from "../../client/context.ts";
import { pull } from "../../client/operations/pull.ts";
import { push } from "../../client/operations/push.ts";
import { send } from "../../client/operations/send.ts";
import { daemonWith } from "../../daemon/daemon.ts";
import { type DurableStep, FaultFiles } from "../../platform/fault_files.ts";
import { WireError } from "../../protocol/errors.ts";
import { admitCard } from "../../protocol/identity/card.ts";
import { pinCard } from "../../protocol/trust/trust.ts";
import { eventFrom, handle, MailWorld, type Party, received, RELAY_URL } from "./mail_world.ts";

export type Action = (context: ClientContext) => Promise<unknown>;

/** One home whose process may die once, and is then started again to do the same once more. */
export class Actor {
  readonly party: Party;
  files: FaultFiles;
  context: ClientContext;
  readonly steps: DurableStep[] = [];
  /** What actions failed with, once each. */
  readonly failures: WireError[] = [];

  constructor(party: Party, files: FaultFiles) {
    this.party = party;
    this.files = files;
    this.context = this.#start();
  }

  /** Does it; after a death in another process, after a failed write once more. */
  async act(action: Action): Promise<void> {
    try {
      await action(this.context);
    } catch (error) {
      if (!this.files.crashed) {
        assert.ok(error instanceof WireError, String(error));
        this.failures.push(error);
        await action(this.context);
      }
    }
    if (this.files.crashed) {
      this.steps.push(...this.files.steps);
      this.files = new FaultFiles(this.party.disk);
      this.context = this.#start();
      await action(this.context);
    }
    await this.party.clock.advance(1);
  }

  allSteps(): readonly DurableStep[] {
    return [...this.steps, ...this.files.steps];
  }

  #start(): ClientContext {
    const warn = (line: string) => void this.party.warnings.push(line);
    return createContext({ ...this.party.platform, files: this.files }, { warn });
  }
}

const NO_PAIRING = {
  recover: () => Promise.resolve(),
  tick: () => Promise.resolve({ transitions: [], isBusy: false }),
};

/** A daemon's first cycle, then a clean end. */
export async function daemonCycle(context: ClientContext): Promise<void> {
  const { signal } = new AbortController();
  for await (const _ of daemonWith(NO_PAIRING).stream(context, { interval: 5 }, signal)) break;
}

const say = (body: string): Action => (context) =>
  send.run(context, { peer: "bob", kind: "claim", body });

const setUp = (name: string, { slotId, slotToken }: Party): Action => async ({ home }) => {
  if (!await home.isInitialized()) await home.createIdentity({ handle: handle(name) });
  await home.updateRelayState("test", (state) => ({
    ...state,
    self: state.self ?? { relay_url: RELAY_URL, slot_id: slotId, slot_token: slotToken },
  }));
};

const meet = (peer: Party): Action => async ({ home, platform }) => {
  const card = admitCard(peer.identity.card);
  assert.ok(card.ok);
  await home.updateTrust("test", (store) => {
    const pinned = pinCard(store, card, { tier: "VERIFIED", at: platform.clock.timestamp() });
    assert.ok(pinned.ok);
    return pinned.store;
  });
  const { slotId: slot_id, slotToken: slot_token } = peer;
  const mailbox = { relay_url: RELAY_URL, slot_id, slot_token };
  await home.updateRelayState("test", (state) => ({
    ...state,
    peers: { ...state.peers, [peer.handle]: mailbox },
  }));
};

export interface Fault {
  readonly who: "alice" | "bob";
  inject(files: FaultFiles): void;
}

/** @throws when anything was lost or doubled */
export async function scenario(fault?: Fault): Promise<{ alice: Actor; bob: Actor }> {
  const world = new MailWorld();
  const carol = await world.party("carol");
  const actor = async (name: "alice" | "bob"): Promise<Actor> => {
    const party = await world.party(name);
    const files = new FaultFiles(party.disk);
    if (fault?.who === name) fault.inject(files);
    return new Actor(party, files);
  };
  const [alice, bob] = [await actor("alice"), await actor("bob")];
  await alice.act(setUp("alice", alice.party));
  await bob.act(setUp("bob", bob.party));
  await alice.act(meet(bob.party));
  await bob.act(meet(alice.party));

  await alice.act(say("one"));
  const outbox = alice.context.home.file.outbox;
  for (const line of ['{"kind":"claim","body":"from an agent"}', "no json"]) {
    await alice.party.disk.append(`${outbox}/bob.jsonl`, `${line}\n`, { point: "test.agent" });
  }
  await alice.act((context) => push.run(context, {}));
  world.relay.plant(bob.party.slotId, eventFrom(carol, bob.party, { body: "early" }).text);
  await bob.act((context) => pull.run(context));
  await alice.act(say("two"));
  await alice.act(daemonCycle);
  await bob.act(meet(carol));
  await bob.act(daemonCycle);
  // What a failed write left undone is done in the next round.
  await alice.act((context) => push.run(context, {}));
  await bob.act((context) => pull.run(context));

  const texts = world.relay.texts(bob.party.slotId);
  const ids = texts.map((text) => JSON.parse(text).event_id);
  assert.equal(new Set(ids).size, ids.length, "the relay has each message once");
  assert.deepEqual(received(bob.party, "alice").sort(), ["from an agent", "one", "two"]);
  assert.deepEqual(received(bob.party, "carol"), ["early"]);
  assert.deepEqual(
    await alice.party.disk.list(`${alice.context.home.paths.stateRoot}/quarantine`),
    [],
  );
  const quarantine = await bob.party.disk.list(`${bob.context.home.paths.stateRoot}/quarantine`);
  assert.deepEqual(quarantine, []);
  const before = world.relay.log.length;
  await alice.act((context) => push.run(context, {}));
  assert.equal(
    world.relay.log.slice(before).filter((line) => line.startsWith("POST")).length,
    0,
    "nothing is posted again",
  );
  return { alice, bob };
}

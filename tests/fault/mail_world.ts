/** Homes in memory around one fake relay: for tests of what survives. */
import assert from "node:assert/strict";
import { type ClientContext, createContext } from "../../client/context.ts";
import { FakeEnv } from "../../platform/fake/env.ts";
import { FakeClock } from "../../platform/fake/clock.ts";
import { MemoryFiles } from "../../platform/fake/memory_files.ts";
import { FakeNet } from "../../platform/fake/net.ts";
import { type FakePlatform, fakePlatform } from "../../platform/fake/platform.ts";
import { FakeRandom } from "../../platform/fake/random.ts";
import type { Files } from "../../platform/files.ts";
import {
  buildEvent,
  type EventInput,
  signEvent,
  type WireEvent,
} from "../../protocol/event/event.ts";
import { admitCard } from "../../protocol/identity/card.ts";
import { type Handle, isHandle } from "../../protocol/ids.ts";
import { pinCard } from "../../protocol/trust/trust.ts";
import type { Identity } from "../../store/home/identity.ts";
import { FakeRelay } from "./fake_relay.ts";

export const RELAY_URL = "http://relay.test";

export function handle(text: string): Handle {
  assert.ok(isHandle(text));
  return text;
}

export interface Party {
  readonly handle: Handle;
  readonly identity: Identity;
  readonly slotId: string;
  readonly slotToken: string;
  /** What is on its disk, whatever wraps it. */
  readonly disk: MemoryFiles;
  readonly clock: FakeClock;
  readonly platform: FakePlatform;
  /** A process of this home; after a crash, `restarted` makes another. */
  readonly context: ClientContext;
  readonly warnings: string[];
}

export class MailWorld {
  readonly relay = new FakeRelay();
  readonly net = new FakeNet().serve(RELAY_URL, this.relay.handle);
  #slots = 0;

  /** An identity with a mailbox. */
  async party(name: string): Promise<Party> {
    const clock = new FakeClock();
    const disk = new MemoryFiles({ clock });
    const platform = fakePlatform({
      clock,
      files: disk,
      net: this.net,
      random: new FakeRandom(name),
      env: new FakeEnv({ variables: { WIRE_HOME: `/${name}` } }),
    });
    const warnings: string[] = [];
    const context = createContext(platform, { warn: (line) => void warnings.push(line) });
    const identity = await context.home.createIdentity({ handle: handle(name) });
    const { slotId, slotToken } = this.relay.makeSlot(++this.#slots);
    await context.home.updateRelayState("test", (state) => ({
      ...state,
      self: { relay_url: RELAY_URL, slot_id: slotId, slot_token: slotToken },
    }));
    return {
      handle: handle(name),
      identity,
      slotId,
      slotToken,
      disk,
      clock,
      platform,
      context,
      warnings,
    };
  }

  async paired(): Promise<{ alice: Party; bob: Party }> {
    const [alice, bob] = [await this.party("alice"), await this.party("bob")];
    await pin(alice, bob);
    await pin(bob, alice);
    return { alice, bob };
  }
}

/** `who` trusts `peer` and knows its mailbox. */
export async function pin(who: Party, peer: Party): Promise<void> {
  await trust(who, peer);
  await who.context.home.updateRelayState("test", (state) => ({
    ...state,
    peers: {
      ...state.peers,
      [peer.handle]: {
        relay_url: RELAY_URL,
        slot_id: peer.slotId,
        slot_token: peer.slotToken,
      },
    },
  }));
}

export async function trust(who: Party, peer: Party): Promise<void> {
  const card = admitCard(peer.identity.card);
  assert.ok(card.ok);
  await who.context.home.updateTrust("test", (store) => {
    const pinned = pinCard(store, card, { tier: "VERIFIED", at: who.clock.timestamp() });
    assert.ok(pinned.ok);
    return pinned.store;
  });
}

/** The same home in another process: nothing but the disk is left of the first. */
export function restarted(party: Party, files: Files = party.disk): ClientContext {
  const platform = { ...party.platform, files };
  return createContext(platform, { warn: (line) => void party.warnings.push(line) });
}

/** A signed event from one party to another. */
export function eventFrom(from: Party, to: Party, input: Partial<EventInput> = {}): WireEvent {
  return signEvent(
    buildEvent({
      from: from.identity.did,
      to: to.identity.did,
      type: "claim",
      kind: 1001,
      body: "hello",
      timestamp: from.clock.timestamp(),
      ...input,
    }),
    from.identity,
  );
}

export const NEVER: AbortSignal = new AbortController().signal;

/** Bodies in that party's inbox file of the sender, in order. */
export function received(party: Party, sender: string): unknown[] {
  const text = party.disk.texts()[`/${party.handle}/state/wire/inbox/${sender}.jsonl`] ?? "";
  return text.split("\n").filter((line) => line !== "").flatMap((line) => {
    try {
      return [JSON.parse(line).body];
    } catch {
      return []; // a torn line, which every reader passes over
    }
  });
}

/** In the place of a file system's watch: it never tells anything. */
export function neverTold(_: readonly string[], signal: AbortSignal): AsyncIterable<void> {
  const ended = new Promise<IteratorResult<void>>((resolve) => {
    signal.addEventListener("abort", () => resolve({ done: true, value: undefined }));
  });
  return { [Symbol.asyncIterator]: () => ({ next: () => ended }) };
}

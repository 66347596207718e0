/**
 * Connections are cut between any two frames, again and again, while mail goes both ways over the
 * relay's own code: nothing is lost, nothing comes twice, and the order stays.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Lines } from "../../client/sync/lines.ts";
import { Puller } from "../../client/sync/puller.ts";
import { Pusher } from "../../client/sync/pusher.ts";
import { ownRoutes } from "../../client/sync/routes.ts";
import { buildEvent, signEvent } from "../../protocol/event/event.ts";
import { admitCard } from "../../protocol/identity/card.ts";
import { pinCard } from "../../protocol/trust/trust.ts";
import { Outbox } from "../../store/mail/outbox.ts";
import { type GrantingWorld, grantingWorld } from "../grants/granting_world.ts";
import { RelayWorld } from "../relay/relay_world.ts";
import { testRuns } from "../runs.ts";
import { SocketLink } from "./socket_link.ts";

const NEVER = new AbortController().signal;
/** Disconnects of one case. */
const CUTS = 20;

class Peer {
  readonly link: SocketLink;
  readonly lines: Lines;
  readonly pusher: Pusher;
  readonly puller: Puller;
  readonly #outbox: Outbox;

  constructor(readonly world: GrantingWorld, relay: RelayWorld) {
    const { context, self, platform, home } = world;
    this.link = new SocketLink(relay, platform);
    this.puller = new Puller(context, self);
    const nothing = () => {};
    this.lines = new Lines(context, { reader: this.puller, onMail: nothing, onPair: nothing });
    this.pusher = new Pusher(context, self, { publisher: this.lines });
    this.#outbox = new Outbox({ files: platform.files, stateRoot: home.paths.stateRoot });
  }

  async meet({ world: { self, mailbox } }: Peer): Promise<void> {
    const { home, platform } = this.world;
    const card = admitCard(self.card);
    assert.ok(card.ok);
    await home.updateTrust("test", (store) => {
      const pinned = pinCard(store, card, { tier: "VERIFIED", at: platform.clock.timestamp() });
      assert.ok(pinned.ok);
      return pinned.store;
    });
    const { relayUrl: relay_url, slotId: slot_id, slotToken: slot_token } = mailbox;
    await home.updateRelayState("test", (state) => ({
      ...state,
      peers: { ...state.peers, [self.handle]: { relay_url, slot_id, slot_token } },
    }));
  }

  async follow(): Promise<void> {
    this.lines.follow(ownRoutes(await this.world.home.readRelayState()));
  }

  async queue(to: Peer, body: string): Promise<void> {
    const { self, platform } = this.world;
    const event = signEvent(
      buildEvent({
        from: self.did,
        to: to.world.self.did,
        type: "claim",
        kind: 1001,
        body,
        timestamp: platform.clock.timestamp(),
      }),
      self,
    );
    await this.#outbox.enqueue(to.world.self.handle, event);
  }

  received(from: Peer): string[] {
    const { files } = this.world.platform;
    const path = `${this.world.home.file.inbox}/${from.world.self.handle}.jsonl`;
    const lines = (files.texts()[path] ?? "").split("\n").filter((line) => line !== "");
    return lines.map((line) => JSON.parse(line).body);
  }
}

interface Cut {
  readonly who: number;
  readonly afterFrames: number;
  readonly messages: number;
  readonly waitMs: number;
}

const cut: fc.Arbitrary<Cut> = fc.record({
  who: fc.nat(1),
  afterFrames: fc.nat(7),
  messages: fc.nat(4),
  waitMs: fc.constantFrom(0, 300, 700, 12_000),
});

async function survives(cuts: readonly Cut[]): Promise<number> {
  await using relay = new RelayWorld();
  const worlds = [await grantingWorld("alice", relay), await grantingWorld("bob", relay)];
  const peers = worlds.map((world) => new Peer(world, relay));
  const [alice, bob] = peers;
  assert.ok(alice && bob);
  await alice.meet(bob);
  await bob.meet(alice);
  for (const peer of peers) await peer.follow();
  const pass = async (ms: number): Promise<void> => {
    for (const { world: { platform: { clock } } } of peers) await clock.advance(ms);
    await relay.clock.advance(ms);
  };
  await pass(100);
  const sent: [string[], string[]] = [[], []];
  for (const [n, { who, afterFrames, messages, waitMs }] of cuts.entries()) {
    for (let m = 0; m < messages; m++) {
      await alice.queue(bob, `a ${n} ${m}`);
      await bob.queue(alice, `b ${n} ${m}`);
      sent[0].push(`a ${n} ${m}`);
      sent[1].push(`b ${n} ${m}`);
    }
    peers[who]?.link.cutAfter(afterFrames);
    await Promise.all(peers.map(({ pusher }) => pusher.round({ signal: NEVER })));
    await pass(waitMs);
  }
  for (const { link } of peers) link.cutAfter(Infinity);
  await pass(31_000);
  await pass(31_000);
  await Promise.all(peers.map(({ pusher }) => pusher.round({ signal: NEVER })));
  await pass(1_000);
  assert.deepEqual(bob.received(alice), sent[0]);
  assert.deepEqual(alice.received(bob), sent[1]);
  for (const peer of peers) {
    assert.equal(peer.link.connections, 1, "and everybody is connected again");
    const { written } = await peer.puller.round({ signal: NEVER });
    assert.equal(written.length, sent[0].length, "each was told once");
    await peer.lines.close();
  }
  return peers.reduce((sum, { link }) => sum + link.cuts, 0);
}

Deno.test("P1: nothing is lost or doubled however often connections are cut", async () => {
  const runs = Math.ceil(testRuns(60) / CUTS);
  let total = 0;
  const cases = fc.array(cut, { minLength: CUTS, maxLength: CUTS });
  await fc.assert(
    fc.asyncProperty(cases, async (cuts) => {
      total += await survives(cuts);
    }),
    { numRuns: runs },
  );
  assert.ok(total > runs * CUTS / 2, `${total} connections were cut`);
});

Deno.test("P1: a relay that is only published on: connections cut anywhere, each message once", async () => {
  const cases = fc.array(cut, { minLength: CUTS, maxLength: CUTS });
  let opened = 0;
  await fc.assert(
    fc.asyncProperty(cases, async (cuts) => {
      await using relay = new RelayWorld();
      const alice = new Peer(await grantingWorld("alice", relay), relay);
      const bob = new Peer(await grantingWorld("bob", relay), relay);
      await alice.meet(bob);
      const pass = async (ms: number): Promise<void> => {
        await alice.world.platform.clock.advance(ms);
        await relay.clock.advance(ms);
      };
      const sent: string[] = [];
      for (const [n, { afterFrames, messages, waitMs }] of cuts.entries()) {
        for (let m = 0; m < messages; m++) {
          await alice.queue(bob, `${n} ${m}`);
          sent.push(`${n} ${m}`);
        }
        alice.link.cutAfter(afterFrames);
        await alice.pusher.round({ signal: NEVER });
        await pass(waitMs);
      }
      alice.link.cutAfter(Infinity);
      await pass(31_000);
      await alice.pusher.round({ signal: NEVER });
      const { slotId: id, slotToken: token } = bob.world.mailbox;
      const { text } = await relay.list({ id, token }, "?limit=1000");
      const stored: { readonly body: string }[] = JSON.parse(text);
      assert.deepEqual(stored.map(({ body }) => body), sent);
      await pass(31_000);
      assert.equal(alice.link.connections, 0, "nothing is kept open without need");
      opened += alice.link.opened;
      await alice.lines.close();
    }),
    { numRuns: Math.ceil(testRuns(40) / CUTS) },
  );
  assert.ok(opened > 0, "a connection was made");
});

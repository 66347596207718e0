/** One use of an invite against the whole receiver: however it is raced, it is spent once. */
import assert from "node:assert/strict";
import { DROP } from "../../protocol/drop/drop.ts";
import { buildEvent, signEvent, type WireEvent } from "../../protocol/event/event.ts";
import { makeCard } from "../../protocol/identity/card.ts";
import { makeDid } from "../../protocol/identity/did.ts";
import { keyPairFromSeed } from "../../protocol/identity/keys.ts";
import { parseInvite } from "../../protocol/invite/invite_url.ts";
import { openHome } from "../../store/home/home.ts";
import type { Identity } from "../../store/home/identity.ts";
import { PendingInbound } from "../../store/home/pending_inbound.ts";
import { mailboxOf } from "../../tests/grants/granting_world.ts";
import { livingWorld, RELAY, run, type World } from "../fake/world.ts";
import { rememberClass } from "../grants/slot_class.ts";
import { invite } from "../operations/invite.ts";
import { emptyTally } from "../sync/pull_report.ts";
import { Receiver } from "../sync/receiver.ts";

type Issuer = World & { readonly self: Identity; readonly nonce: string };

async function issuer(): Promise<Issuer> {
  const world = await livingWorld("ida");
  const self = { relay_url: RELAY, slot_id: "12".repeat(16), slot_token: "34".repeat(32) };
  await world.home.updateRelayState("test", (state) => ({ ...state, self }));
  const mailbox = mailboxOf({ id: self.slot_id, token: self.slot_token });
  await rememberClass(world.context, mailbox, "shared");
  const { invite_url } = await run(invite, world, {});
  const reading = parseInvite(invite_url, 0);
  assert.ok(reading.ok);
  return { ...world, nonce: reading.nonce };
}

function dropBy(seed: number, { nonce, self }: Issuer): WireEvent {
  const keys = keyPairFromSeed(new Uint8Array(32).fill(seed));
  const handle = `guest${seed}`;
  const did = makeDid(handle, keys.publicKey);
  const digit = String(seed % 10);
  const body = {
    card: makeCard({ handle, keys }),
    relay_url: RELAY,
    slot_id: digit.repeat(32),
    slot_token: digit.repeat(64),
    pair_nonce: nonce,
  };
  const about = { from: did, to: self.did, ...DROP, body, timestamp: "2026-01-01T00:00:00Z" };
  return signEvent(buildEvent(about), { did, keys });
}

/** A program of its own on the same disk. */
const receiverOf = ({ platform, self }: Issuer) => new Receiver(openHome({ ...platform }), self);

async function ends({ home }: Issuer) {
  const pinned = [...(await home.readTrust()).agents.keys()].filter((name) => name !== "ida");
  const asked = (await new PendingInbound(home).list()).map((it) => it.peer_handle);
  return { pinned: pinned.length, asked: asked.length, all: [...pinned, ...asked].sort() };
}

const GUESTS = [1, 2, 3, 4] as const;
const NAMES = GUESTS.map((seed) => `guest${seed}`);

Deno.test("P3: one use in one page: the first is pinned, the others wait for the operator", async () => {
  const world = await issuer();
  const page = GUESTS.map((seed) => dropBy(seed, world).value);
  await receiverOf(world).take([...page, ...page], emptyTally());
  assert.deepEqual(await ends(world), { pinned: 1, asked: 3, all: NAMES });
});

Deno.test("P3: concurrent pulls of one home spend a use once", async () => {
  const world = await issuer();
  await Promise.all(
    GUESTS.map((seed) => receiverOf(world).take([dropBy(seed, world).value], emptyTally())),
  );
  assert.deepEqual(await ends(world), { pinned: 1, asked: 3, all: NAMES });
});

Deno.test("P3: a use that was spent stays spent after a restart", async () => {
  const world = await issuer();
  for (const seed of [...GUESTS, ...GUESTS]) {
    await receiverOf(world).take([dropBy(seed, world).value], emptyTally());
  }
  assert.deepEqual(await ends(world), { pinned: 1, asked: 3, all: NAMES });
  assert.ok((await world.home.readTrust()).agents.has("guest1"));
});

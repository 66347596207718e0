import assert from "node:assert/strict";
import { FaultFiles } from "../../platform/fault_files.ts";
import {
  buildEvent,
  eventFromJson,
  signEvent,
  type WireEvent,
} from "../../protocol/event/event.ts";
import { makeCard } from "../../protocol/identity/card.ts";
import { keyPairFromSeed } from "../../protocol/identity/keys.ts";
import { makeDid } from "../../protocol/identity/did.ts";
import type { JsonObject } from "../../protocol/json/value.ts";
import { block } from "../../store/home/blocklist.ts";
import { openHome } from "../../store/home/home.ts";
import type { Identity } from "../../store/home/identity.ts";
import { livingWorld, RELAY, run, type World } from "../fake/world.ts";
import { mailboxOf } from "../../tests/grants/granting_world.ts";
import { rememberClass } from "../grants/slot_class.ts";
import { invite } from "../operations/invite.ts";
import { parseInvite } from "../../protocol/invite/invite_url.ts";
import { admitByInvite } from "./admit_drop.ts";

const MAILBOX = { relay_url: RELAY, slot_id: "ab".repeat(16), slot_token: "cd".repeat(32) };

/** An issuer with a mailbox, and the nonce of a fresh invite. */
async function issuer(uses = 1): Promise<World & { self: Identity; nonce: string }> {
  const world = await livingWorld("ida");
  const self = { relay_url: RELAY, slot_id: "12".repeat(16), slot_token: "34".repeat(32) };
  await world.home.updateRelayState("test", (state) => ({ ...state, self }));
  const mailbox = mailboxOf({ id: self.slot_id, token: self.slot_token });
  await rememberClass(world.context, mailbox, "shared");
  const { invite_url } = await run(invite, world, { uses });
  const reading = parseInvite(invite_url, 0);
  assert.ok(reading.ok);
  return { ...world, nonce: reading.nonce };
}

const keysOf = (seed: number) => keyPairFromSeed(new Uint8Array(32).fill(seed));

interface Forgery {
  /** Seeds of the keys in the card and of those that sign. */
  readonly cardKeys?: number;
  readonly signKeys?: number;
  readonly card?: JsonObject;
  readonly body?: JsonObject;
  readonly to?: string;
  readonly type?: string;
  readonly kind?: number;
}

function dropOf(handle: string, nonce: string, to: Identity, about: Forgery = {}): WireEvent {
  const { cardKeys = 9, signKeys = cardKeys, body, type = "pair_drop", kind = 1100 } = about;
  const card = about.card ?? makeCard({ handle, keys: keysOf(cardKeys) });
  const from = { did: makeDid(handle, keysOf(signKeys).publicKey), keys: keysOf(signKeys) };
  return signEvent(
    buildEvent({
      from: from.did,
      to: about.to ?? to.did,
      type,
      kind,
      body: { card, ...MAILBOX, pair_nonce: nonce, ...body },
      timestamp: "2026-01-01T00:00:00Z",
    }),
    from,
  );
}

async function agents({ home }: World): Promise<Record<string, string>> {
  const all = [...(await home.readTrust()).agents.values()];
  return Object.fromEntries(
    all.filter((it) => it.handle !== "ida").map((it) => [it.handle, it.did]),
  );
}

Deno.test("an answered invite pins its sender at VERIFIED with the mailbox in the drop, and says so once", async () => {
  const world = await issuer();
  const drop = dropOf("bob", world.nonce, world.self);
  assert.ok(await admitByInvite(world.home, drop, world.self));
  assert.deepEqual(await agents(world), { bob: makeDid("bob", keysOf(9).publicKey) });
  const moved_at = "2026-01-01T00:00:00Z";
  assert.deepEqual((await world.home.readRelayState()).peers["bob"], { ...MAILBOX, moved_at });
  assert.ok(await admitByInvite(world.home, drop, world.self), "the same drop again");
  assert.equal(world.platform.notifier.shown.length, 1);
});

Deno.test("P3: invented, used and expired nonces pin nobody", async () => {
  const world = await issuer();
  const { home, self, nonce } = world;
  for (const invented of ["ff".repeat(32), "x", "../../config/wire/trust", ""]) {
    assert.ok(!await admitByInvite(home, dropOf("bob", invented, self), self));
  }
  assert.ok(await admitByInvite(home, dropOf("bob", nonce, self), self));
  const mallory = dropOf("mallory", nonce, self, { cardKeys: 10 });
  assert.ok(!await admitByInvite(home, mallory, self));
  const late = await issuer();
  await late.platform.clock.advance(86_401_000);
  for (const _ of [1, 2]) {
    assert.ok(!await admitByInvite(late.home, dropOf("bob", late.nonce, late.self), late.self));
  }
  assert.deepEqual(await agents(late), {});
});

Deno.test("P6: a name that another key has, our own name, and our own key take no use", async () => {
  const world = await issuer(1);
  const { home, self, nonce } = world;
  await admitByInvite(home, dropOf("bob", nonce, self), self);
  const { invite_url } = await run(invite, world, {});
  const reading = parseInvite(invite_url, 0);
  assert.ok(reading.ok);
  const before = world.platform.files.texts();
  for (const [handle, cardKeys] of [["bob", 10], ["BOB", 10], ["ida", 10]] as const) {
    const drop = dropOf(handle, reading.nonce, self, { cardKeys });
    assert.ok(!await admitByInvite(home, drop, self), handle);
  }
  assert.deepEqual(world.platform.files.texts(), before);
  const carol = dropOf("carol", reading.nonce, self, { cardKeys: 11 });
  assert.ok(await admitByInvite(home, carol, self));
});

Deno.test("lesson 24: a drop that its card does not prove pins nobody and takes no use", async () => {
  const world = await issuer();
  const { home, self, nonce } = world;
  const forgeries: Record<string, Forgery> = {
    "signed by another key": { cardKeys: 9, signKeys: 10 },
    "somebody else's card": { card: makeCard({ handle: "carol", keys: keysOf(10) }) },
    "no card": { card: {} },
    "for somebody else": { to: "did:wire:carol-00000000" },
    "another type": { type: "claim" },
    "another kind": { kind: 1101 },
    "no usable mailbox": { body: { slot_id: "../../x" } },
    "no token": { body: { slot_token: "" } },
    "a relay that is a file": { body: { relay_url: "file:///etc/passwd" } },
    "a nonce that is a list": { body: { pair_nonce: [nonce] } },
  };
  const before = world.platform.files.texts();
  for (const [name, about] of Object.entries(forgeries)) {
    assert.ok(!await admitByInvite(home, dropOf("bob", nonce, self, about), self), name);
  }
  for (const handle of ["../../x", "nul", "a".repeat(65), "\u0000"]) {
    assert.ok(!await admitByInvite(home, dropOf(handle, nonce, self), self), handle);
  }
  const tampered = eventFromJson({ ...dropOf("bob", nonce, self).value, to: self.did, body: 1 });
  assert.ok(!await admitByInvite(home, tampered, self));
  assert.deepEqual(world.platform.files.texts(), before);
  assert.ok(await admitByInvite(home, dropOf("bob", nonce, self), self));
});

Deno.test("a blocked sender takes no use", async () => {
  const world = await issuer();
  const { home, self, nonce } = world;
  await block(home, { did: makeDid("bob", keysOf(9).publicKey), at: "2026-01-01T00:00:00Z" });
  assert.ok(!await admitByInvite(home, dropOf("bob", nonce, self), self));
  assert.ok(await admitByInvite(home, dropOf("carol", nonce, self, { cardKeys: 11 }), self));
});

Deno.test("an old drop that is sent again does not lead mail back to a mailbox that its owner left", async () => {
  const world = await issuer();
  const { home, self, nonce } = world;
  const drop = dropOf("bob", nonce, self);
  await admitByInvite(home, drop, self);
  const moved = { ...MAILBOX, slot_id: "ef".repeat(16) };
  await home.updateRelayState("test", (state) => ({ ...state, peers: { bob: moved } }));
  assert.ok(await admitByInvite(home, drop, self));
  assert.deepEqual((await home.readRelayState()).peers["bob"], moved);
});

Deno.test("P1: killed at any step, the drop that comes again pins its sender, and nobody else does", async () => {
  const undisturbed = await issuer();
  const counting = new FaultFiles(undisturbed.platform.files);
  await admit(undisturbed, counting);
  assert.ok(counting.steps.length >= 5, "use, count, route, pin, done");
  for (const { index, point } of counting.steps) {
    for (const moment of ["before", "after"] as const) {
      const world = await issuer();
      const dying = new FaultFiles(world.platform.files).crashAt(index, moment);
      await assert.rejects(admit(world, dying), { name: "Crash" }, `${moment} ${point}`);
      assert.ok(await admit(world, world.platform.files), `${moment} ${point}`);
      assert.deepEqual(Object.keys(await agents(world)), ["bob"]);
      const mallory = dropOf("mallory", world.nonce, world.self, { cardKeys: 10 });
      assert.ok(!await admitByInvite(world.home, mallory, world.self));
    }
  }
});

function admit(
  world: World & { self: Identity; nonce: string },
  files: FaultFiles | World["platform"]["files"],
) {
  const home = openHome({ ...world.platform, files });
  return admitByInvite(home, dropOf("bob", world.nonce, world.self), world.self);
}

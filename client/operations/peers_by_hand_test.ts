/** pin, add-peer-slot and forget-peer: peers that are kept by hand. */
import assert from "node:assert/strict";
import { admitCard, makeCard, signCard } from "../../protocol/identity/card.ts";
import { identityCheck } from "../../protocol/identity/identity_check.ts";
import { keyPairFromSeed } from "../../protocol/identity/keys.ts";
import { printJson } from "../../protocol/json/print.ts";
import { type JsonObject, withMembers } from "../../protocol/json/value.ts";
import { Crash, FaultFiles } from "../../platform/fault_files.ts";
import { block as blockDid } from "../../store/home/blocklist.ts";
import { lastPassages } from "../../store/home/passages.ts";
import { createContext } from "../context.ts";
import { livingWorld, RELAY, run, type World } from "../fake/world.ts";
import { addPeerSlot } from "./add_peer_slot.ts";
import { block } from "./block.ts";
import { forgetPeer } from "./forget_peer.ts";
import { peers } from "./peers.ts";
import { pin } from "./pin.ts";

const FILE = "/cards/card.json";
const SLOT_ID = "5".repeat(32);
const TOKEN = "f".repeat(64);
const other = keyPairFromSeed(new Uint8Array(32).fill(7));

const write = (world: World, path: string, text: string): Promise<void> =>
  world.platform.files.writeAtomic(path, text, { point: "test.file" });

async function withCard(card: JsonObject | string): Promise<World> {
  const world = await livingWorld("alice");
  await world.platform.files.ensureDirectory("/cards");
  await write(world, FILE, typeof card === "string" ? card : printJson(card));
  return world;
}

const fileNames = (world: World): string[] => Object.keys(world.platform.files.texts()).sort();

Deno.test("pin --json: the keys of 0.5.19 and the identity check; the same again is the same", async () => {
  const bob = await livingWorld("bob");
  const alice = await withCard(bob.self.card);
  const { keys } = await alice.home.readIdentity();
  for (let turn = 0; turn < 2; turn++) {
    assert.deepEqual(await run(pin, alice, { file: FILE }), {
      did: bob.self.did,
      handle: "bob",
      pinned: true,
      tier: "VERIFIED",
      identity_check: identityCheck(keys.publicKey, bob.self.keys.publicKey),
    });
  }
  const [shown, ...others] = await run(peers, alice, {});
  assert.equal(shown?.tier, "PENDING_ACK");
  assert.deepEqual(others, []);
});

Deno.test("P4 P7: who is pinned is recorded as unproved first, and is not pinned where that cannot be written", async () => {
  const bob = await livingWorld("bob");
  const alice = await withCard(bob.self.card);
  const files = new FaultFiles(alice.platform.files).diskFullAt({ point: "home.passage" });
  const context = createContext({ ...alice.platform, files }, { warn: () => undefined });
  await assert.rejects(pin.run(context, { file: FILE }), { code: "write_failed" });
  assert.equal((await alice.home.readTrust()).agents.get("bob"), undefined);
  assert.deepEqual((await lastPassages(alice.home, 5)).passages, []);
  await run(pin, alice, { file: FILE });
  const { passages: [passage] } = await lastPassages(alice.home, 5);
  const recorded = { op: "pin", face: "cli", proof: "unproved", subject: bob.self.did };
  assert.deepEqual({ ...passage, at: "" }, { at: "", ...recorded });
});

Deno.test("lesson 24: pin refuses a card whose DID, handle or key name is another's", async () => {
  const card = makeCard({ handle: "bob", keys: other });
  const signed = (members: JsonObject) => signCard(withMembers(card, members), other);
  const tampered = withMembers(card, { name: "Mallory" });
  const cases: readonly (readonly [JsonObject | string, RegExp])[] = [
    [tampered, /^peer card signature invalid: signature did not verify$/],
    [withMembers(card, { signature: "AA==" }), /^peer card signature invalid: .*decode failed$/],
    ["[]", /^peer card signature invalid: missing field: signature$/],
    ["{", /^Cannot read the card "\/cards\/card\.json": /],
    ['{"did":1,"did":2}', /^Cannot read the card/],
    [signed({ did: "did:wire:bob-00000000" }), /does not commit to its verify key/],
    [signed({ did: "did:wire:bob" }), /does not commit/],
    [signed({ handle: "../../x" }), /not a usable name/],
    [signed({ handle: "con" }), /not a usable name/],
    [signed({ handle: "carol" }), /is not that of/],
  ];
  for (const [text, message] of cases) {
    const world = await withCard(text);
    const before = fileNames(world);
    await assert.rejects(run(pin, world, { file: FILE }), { message });
    assert.deepEqual(await run(peers, world, {}), []);
    assert.deepEqual(fileNames(world), before);
  }
  await assert.rejects(run(pin, await livingWorld(), { file: "/none" }), { code: "not_found" });
});

Deno.test("lesson 22: pin never replaces another key, nor ourselves, and takes no blocked card", async () => {
  const bob = await livingWorld("bob");
  const alice = await withCard(bob.self.card);
  await run(pin, alice, { file: FILE });
  const trust = alice.home.file.trust;
  const before = alice.platform.files.texts()[trust];
  const imposters = [
    makeCard({ handle: "bob", keys: other }),
    makeCard({ handle: "BOB", keys: other }),
    makeCard({ handle: "alice", keys: other }),
    (await alice.home.readIdentity()).card,
  ];
  for (const card of imposters) {
    await write(alice, FILE, printJson(card));
    await assert.rejects(run(pin, alice, { file: FILE }), { code: "conflict" });
    assert.equal(alice.platform.files.texts()[trust], before);
  }
  const carol = makeCard({ handle: "carol", keys: other });
  const admission = admitCard(carol);
  assert.ok(admission.ok);
  await blockDid(alice.home, { did: admission.did, at: "" });
  await write(alice, FILE, printJson(carol));
  await assert.rejects(run(pin, alice, { file: FILE }), { code: "refused", message: /blocked/ });
  assert.equal(alice.platform.files.texts()[trust], before);
});

const slot = { handle: "bob", url: `${RELAY}/`, slotId: SLOT_ID, slotToken: TOKEN };

Deno.test("add-peer-slot --json: the keys of 0.5.19, and peers of a pinned card are VERIFIED", async () => {
  const bob = await livingWorld("bob");
  const alice = await withCard(bob.self.card);
  await run(pin, alice, { file: FILE });
  const expected = { added: true, handle: "bob", relay_url: RELAY, slot_id: SLOT_ID };
  assert.deepEqual(await run(addPeerSlot, alice, slot), expected);
  assert.deepEqual(await run(addPeerSlot, alice, { ...slot, handle: "BOB@relay.test" }), expected);
  assert.deepEqual((await alice.home.readRelayState()).peers, {
    bob: { relay_url: RELAY, slot_id: SLOT_ID, slot_token: TOKEN },
  });
  assert.equal((await run(peers, alice, {}))[0]?.tier, "VERIFIED");
  assert.deepEqual(alice.warnings, []);
});

Deno.test("lesson 26: add-peer-slot leaves the peer's other endpoints and their tokens alone", async () => {
  const alice = await livingWorld("alice");
  const local = {
    relay_url: "http://127.0.0.1:8771",
    slot_id: "6".repeat(32),
    slot_token: "e".repeat(64),
    scope: "local",
  };
  const old = { relay_url: "http://old", slot_id: "1", slot_token: "2" };
  await alice.home.updateRelayState("test", (state) => ({
    ...state,
    peers: { bob: { ...old, endpoints: [{ ...old, scope: "federation" }, local], since: "then" } },
  }));
  await run(addPeerSlot, alice, slot);
  const flat = { relay_url: RELAY, slot_id: SLOT_ID, slot_token: TOKEN };
  assert.deepEqual(JSON.parse(JSON.stringify((await alice.home.readRelayState()).peers)), {
    bob: { ...flat, endpoints: [{ ...flat, scope: "federation" }, local], since: "then" },
  });
  assert.match(alice.warnings.join(), /nobody called bob is pinned.*wire pin/);
});

Deno.test("add-peer-slot checks every value, never repeats the token, and is never for ourselves", async () => {
  const alice = await livingWorld("alice");
  const wrong: readonly Partial<typeof slot>[] = [
    { handle: "../x" },
    { handle: "" },
    { handle: "nul" },
    { url: "ftp://relay" },
    { url: "http://user@relay" },
    { slotId: "5" },
    { slotId: SLOT_ID.toUpperCase().replaceAll("5", "A") },
    { slotToken: "not-a-token" },
    { slotToken: "" },
    { handle: "alice" },
  ];
  for (const members of wrong) {
    await assert.rejects(
      run(addPeerSlot, alice, { ...slot, ...members }),
      (error: Error) => !error.message.includes("not-a-token") && !error.message.includes(TOKEN),
      JSON.stringify(members),
    );
  }
  assert.deepEqual((await alice.home.readRelayState()).peers, {});
});

/** Alice with bob pinned, routed and with mail. */
async function withBob(): Promise<World> {
  const bob = await livingWorld("bob");
  const alice = await withCard(bob.self.card);
  await run(pin, alice, { file: FILE });
  await run(addPeerSlot, alice, slot);
  for (const directory of ["inbox", "outbox"] as const) {
    await write(alice, `${alice.home.file[directory]}/bob.jsonl`, "{}\n");
    await write(alice, `${alice.home.file[directory]}/carol.jsonl`, "{}\n");
  }
  return alice;
}

Deno.test("forget-peer --json: exactly the keys of 0.5.19, and mail stays without --purge", async () => {
  const alice = await withBob();
  const before = fileNames(alice);
  assert.deepEqual(await run(forgetPeer, alice, { handle: "bob@relay.test" }), {
    handle: "bob",
    purged_files: [],
    removed_from_relay_state: true,
    removed_from_trust: true,
  });
  assert.deepEqual(fileNames(alice), before);
  assert.deepEqual(await run(peers, alice, {}), []);
  assert.deepEqual((await alice.home.readRelayState()).peers, {});
  assert.deepEqual(await run(forgetPeer, alice, { handle: "bob" }), {
    reason: 'peer "bob" not pinned',
    removed: false,
  });
});

Deno.test("S25: forget-peer and block say that the peer still holds the token, and how to revoke it", async () => {
  const alice = await withBob();
  await alice.home.updateRelayState("test", (state) => ({
    ...state,
    self: { relay_url: RELAY, slot_id: SLOT_ID, slot_token: TOKEN },
  }));
  const says = /bob still holds the token.*wire rotate-slot/;
  await run(block, alice, { peer: "bob" });
  assert.match(alice.warnings.join(), says);
  alice.warnings.length = 0;
  await run(forgetPeer, alice, { handle: "bob" });
  assert.match(alice.warnings.join(), says);
});

Deno.test("forget-peer --purge deletes that peer's mail and nobody else's", async () => {
  const alice = await withBob();
  const { inbox, outbox } = alice.home.file;
  const output = await run(forgetPeer, alice, { handle: "bob", purge: true });
  assert.deepEqual(output.purged_files, [`${inbox}/bob.jsonl`, `${outbox}/bob.jsonl`]);
  const left = fileNames(alice).filter((name) => /(inbox|outbox)\/[^/]*\.jsonl$/.test(name));
  assert.deepEqual(left, [`${inbox}/carol.jsonl`, `${outbox}/carol.jsonl`]);
  assert.deepEqual(await run(forgetPeer, alice, { handle: "carol", purge: true }), {
    reason: 'peer "carol" not pinned',
    removed: false,
    purged_files: [`${inbox}/carol.jsonl`, `${outbox}/carol.jsonl`],
  });
});

Deno.test("lesson 22: a DID forgets its own pin, never another key's under the same name", async () => {
  const alice = await withBob();
  const [bob] = await run(peers, alice, {});
  const before = { ...alice.platform.files.texts() };
  const stranger = { handle: "did:wire:bob-00000000", purge: true };
  assert.deepEqual(await run(forgetPeer, alice, stranger), {
    reason: 'peer "did:wire:bob-00000000" not pinned',
    removed: false,
  });
  assert.deepEqual({ ...alice.platform.files.texts() }, before);
  const output = await run(forgetPeer, alice, { handle: bob?.did ?? "" });
  assert.ok("handle" in output && output.handle === "bob" && output.removed_from_trust);
});

Deno.test("forget-peer never forgets ourselves, nor follows a name out of the mail directory", async () => {
  const alice = await withBob();
  const before = { ...alice.platform.files.texts() };
  const { did } = await alice.home.readIdentity();
  for (const handle of ["alice", "ALICE", did, "../../config/wire/trust", "a/b", "", "\0"]) {
    await assert.rejects(run(forgetPeer, alice, { handle, purge: true }), { name: "WireError" });
  }
  assert.deepEqual({ ...alice.platform.files.texts() }, before);
});

Deno.test("a name from an old file that is no handle can be forgotten, and names no file", async () => {
  const alice = await withBob();
  for (const name of ["../../x", "__proto__"]) {
    await alice.home.updateRelayState("test", (state) => ({
      ...state,
      peers: Object.fromEntries([...Object.entries(state.peers), [name, { slot_id: "1" }]]),
    }));
    const output = await run(forgetPeer, alice, { handle: name, purge: true });
    assert.ok("handle" in output && output.handle === name && output.removed_from_relay_state);
    assert.deepEqual(output.purged_files, []);
    assert.deepEqual(Object.keys((await alice.home.readRelayState()).peers), ["bob"]);
  }
});

Deno.test("P1: killed at home.purge_peer or before, forget-peer is done by doing it again", async () => {
  for (const point of ["home.trust", "home.relay_state", "home.purge_peer"]) {
    for (const moment of ["before", "after"] as const) {
      const alice = await withBob();
      const files = new FaultFiles(alice.platform.files).crashAt({ point }, moment);
      const dying = createContext({ ...alice.platform, files }, { warn: () => {} });
      const input = { handle: "bob", purge: true };
      await assert.rejects(forgetPeer.run(dying, input), Crash);
      await run(forgetPeer, alice, input);
      assert.deepEqual((await alice.home.readRelayState()).peers, {});
      assert.deepEqual(await run(peers, alice, {}), []);
      assert.ok(!fileNames(alice).some((name) => name.includes("bob")), `${point} ${moment}`);
    }
  }
});

import assert from "node:assert/strict";
import { OWN_CAPABILITIES } from "../../protocol/identity/capabilities.ts";
import { admitCard } from "../../protocol/identity/card.ts";
import { printJson } from "../../protocol/json/print.ts";
import { pinCard } from "../../protocol/trust/trust.ts";
import { fakeWorld, json, livingWorld, RELAY, run, serveRelay, type World } from "../fake/world.ts";
import { bindRelay } from "./bind_relay.ts";
import { init } from "./init.ts";
import { peers } from "./peers.ts";
import { whoami } from "./whoami.ts";
import { failure } from "../../tests/failure.ts";

const SLOT = { slot_id: "5".repeat(32), slot_token: "f".repeat(64) };
const ALIVE = {
  "GET /healthz": new Response("ok\n"),
  "POST /v1/slot/allocate": json(SLOT, 201),
};

/** Pins the identity of another world, as a pairing does. */
async function pin(world: World, peer: Awaited<ReturnType<typeof livingWorld>>): Promise<void> {
  const card = admitCard(peer.self.card);
  assert.ok(card.ok);
  await world.home.updateTrust("test", (store) => {
    const at = "2026-01-01T00:00:00Z";
    const pinned = pinCard(store, card, { tier: "VERIFIED", at });
    assert.ok(pinned.ok);
    return pinned.store;
  });
}

Deno.test("init --json: exactly the keys of 0.5.19", async () => {
  const world = fakeWorld("alice");
  const output = await run(init, world, { handle: "alice" });
  assert.equal(
    printJson(output),
    '{"config_dir":"/alice/config/wire","did":"did:wire:alice-08369d10","fingerprint":"08369d10",' +
      '"key_id":"alice:08369d10"}',
  );
});

Deno.test("init --relay also says which mailbox, and relay.json holds it", async () => {
  const world = fakeWorld("alice");
  serveRelay(world, ALIVE);
  const output = await run(init, world, { handle: "alice", relay: `${RELAY}/` });
  assert.deepEqual(Object.keys(output).sort(), [
    "config_dir",
    "did",
    "fingerprint",
    "key_id",
    "relay_url",
    "slot_id",
  ]);
  assert.equal(output.relay_url, RELAY);
  assert.equal(output.slot_id, SLOT.slot_id);
  assert.deepEqual((await world.home.readRelayState()).self, { relay_url: RELAY, ...SLOT });
  const bodies = await Promise.all(world.platform.net.requests.map((request) => request.text()));
  assert.deepEqual(bodies, ["", '{"handle":"alice"}']);
});

Deno.test("init refuses names that are no handle, the empty one too, and makes nothing", async () => {
  for (const handle of ["", "a b", "a/b", "..", "é", "x".repeat(65), "con"]) {
    const world = fakeWorld();
    const error = await failure(run(init, world, { handle }));
    assert.equal(error.code, "usage");
    assert.match(error.message, /must be ASCII alphanumeric/);
    assert.deepEqual(world.platform.files.texts(), {});
  }
});

Deno.test("init with an unreachable relay leaves the identity and says how to go on", async () => {
  const world = fakeWorld("alice");
  const error = await failure(run(init, world, { handle: "alice", relay: RELAY }));
  assert.equal(error.code, "unreachable");
  assert.match(error.message, /silent line.*\/healthz/);
  assert.match(error.hint ?? "", /wire bind-relay http:\/\/relay\.test/);
  assert.ok(await world.home.isInitialized());
  assert.equal((await world.home.readRelayState()).self, null);
  const again = await failure(run(init, world, { handle: "alice" }));
  assert.match(again.message, /already initialized/);
});

Deno.test("init with an address that is none makes nothing", async () => {
  const world = fakeWorld();
  const error = await failure(run(init, world, { handle: "alice", relay: "relay.test" }));
  assert.equal(error.code, "usage");
  assert.deepEqual(world.platform.files.texts(), {});
});

Deno.test("S3: whoami tells the mailbox and never the token", async () => {
  const world = await livingWorld("alice");
  const before = await run(whoami, world, {});
  assert.deepEqual(Object.keys(before).sort(), [
    "capabilities",
    "config_dir",
    "did",
    "fingerprint",
    "handle",
    "key_id",
    "public_key_b64",
  ]);
  await world.home.updateRelayState("test", (state) => ({
    ...state,
    self: { relay_url: `${RELAY}/`, ...SLOT },
  }));
  const output = await run(whoami, world, {});
  assert.equal(output.mailbox, `${RELAY}/slot/${SLOT.slot_id}`);
  assert.deepEqual(output.capabilities, [...OWN_CAPABILITIES]);
  assert.ok(!printJson(output).includes(SLOT.slot_token));
});

Deno.test("whoami without an identity is an error, peers an empty list", async () => {
  const world = fakeWorld();
  assert.equal((await failure(run(whoami, world, {}))).code, "not_initialized");
  assert.deepEqual(await run(peers, world, {}), []);
  assert.deepEqual(world.platform.files.texts(), {});
});

Deno.test("lesson 21: peers show PENDING_ACK until the peer has answered, and never ourselves", async () => {
  const alice = await livingWorld("alice");
  const bob = await livingWorld("bob");
  await pin(alice, bob);
  const [shown, ...others] = await run(peers, alice, {});
  assert.deepEqual(others, []);
  assert.match(shown?.identity_check ?? "", /^[0-9a-f]{20} [0-9a-f]{20}$/);
  assert.equal(
    printJson({ ...shown, identity_check: undefined }),
    `{"capabilities":["wire/v3.1","wire/receipts-1","wire/thread-1"],"did":"${bob.self.did}","handle":"bob","tier":"PENDING_ACK"}`,
  );
  for (const entry of [{ slot_token: "t" }, { endpoints: [endpoint("t")] }]) {
    await alice.home.updateRelayState("test", (state) => ({ ...state, peers: { bob: entry } }));
    assert.equal((await run(peers, alice, {}))[0]?.tier, "VERIFIED");
  }
  await pin(bob, alice);
  const [seenByBob] = await run(peers, bob, {});
  assert.equal(seenByBob?.identity_check, shown?.identity_check);
});

const endpoint = (slot_token: string) => ({
  relay_url: RELAY,
  slot_id: SLOT.slot_id,
  slot_token,
  scope: "federation",
});

Deno.test("bind-relay: exactly the keys of 0.5.19, and the address without its slash", async () => {
  const world = await livingWorld("alice");
  serveRelay(world, ALIVE);
  const output = await run(bindRelay, world, { url: `${RELAY}//` });
  assert.equal(
    printJson(output),
    `{"relay_url":"${RELAY}","slot_id":"${SLOT.slot_id}","slot_token_present":true}`,
  );
  assert.equal((await world.home.readRelayState()).self?.slot_token, SLOT.slot_token);
});

Deno.test("lesson 6: bind-relay refuses to leave pinned peers behind unless told to", async () => {
  const world = await livingWorld("alice");
  serveRelay(world, ALIVE);
  const kept = { bob: { slot_token: "t" }, carol: { slot_token: "" } };
  await world.home.updateRelayState("test", (state) => ({ ...state, peers: kept }));
  const error = await failure(run(bindRelay, world, { url: RELAY }));
  assert.match(error.message, /would silently black-hole 2 pinned peer\(s\): bob, carol/);
  assert.deepEqual(world.platform.net.requests, []);
  await run(bindRelay, world, { url: RELAY, migratePinned: true });
  assert.match(world.warnings.join("\n"), /bob, carol/);
  assert.deepEqual((await world.home.readRelayState()).peers, kept);
});

Deno.test("bind-relay with a relay that fails changes nothing", async () => {
  const replies = [
    { "GET /healthz": new Response("no", { status: 500 }) },
    { ...ALIVE, "POST /v1/slot/allocate": new Response("<html>", { status: 200 }) },
    { ...ALIVE, "POST /v1/slot/allocate": json({ error: "full" }, 503) },
  ];
  for (const answers of replies) {
    const world = await livingWorld("alice");
    serveRelay(world, answers);
    const before = world.platform.files.texts();
    const error = await failure(run(bindRelay, world, { url: RELAY }));
    assert.ok(["relay_status", "relay_garbage"].includes(error.code), error.code);
    assert.deepEqual(world.platform.files.texts(), before);
  }
});

Deno.test("lesson 9: what bind-relay says was read back from relay.json", async () => {
  const world = await livingWorld("alice");
  const other = { slot_id: "6".repeat(32), slot_token: "e".repeat(64) };
  serveRelay(world, {
    ...ALIVE,
    // Another command binds while the relay answers: the last write is ours, and is what we say.
    "POST /v1/slot/allocate": async () => {
      await world.home.updateRelayState("other", (state) => ({
        ...state,
        self: { relay_url: RELAY, ...other },
      }));
      return json(SLOT, 201);
    },
  });
  const output = await run(bindRelay, world, { url: RELAY });
  assert.equal(output.slot_id, (await world.home.readRelayState()).self?.slot_id);
});

Deno.test("P7: a broken relay.json stops bind-relay before the relay makes a mailbox", async () => {
  const world = await livingWorld("alice");
  serveRelay(world, ALIVE);
  const { files } = world.platform;
  await files.writeAtomic(world.home.file.relayState, '{"self":', { point: "test.broken" });
  const error = await failure(run(bindRelay, world, { url: RELAY }));
  assert.equal(error.code, "unreadable");
  assert.deepEqual(world.platform.net.requests, []);
  assert.equal(await files.readText(world.home.file.relayState), '{"self":');
});

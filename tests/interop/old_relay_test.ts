/** Our client on a relay of 0.5.19, and on what stands in its mailboxes. docs/protocol/relay.md §3–5. */
import assert from "node:assert/strict";
import { ReferenceRelay } from "./reference/relay.ts";
import { at, object, ref, text, withMembers } from "./reference/json.ts";
import { signEvent } from "./reference/keys.ts";
import { push, send } from "./reference/mail.ts";
import { ReferenceHome } from "./reference/home.ts";
import { postEvent } from "./reference/relay_calls.ts";
import { pairInForeground } from "./reference/pairing.ts";
import { pinEachOther, takenOver } from "./peers.ts";
import { InteropWorld } from "./world.ts";

Deno.test("a 0.5.19 relay: whatever else stands in the mailbox, good mail comes through, once", async () => {
  await using world = await InteropWorld.create("a 0.5.19 relay");
  const alice = await world.world.agent("alice", world.url);
  const files = takenOver(alice);
  const bob = await world.referencePeer("bob");
  await pinEachOther(files, bob);
  const slot = { ...await ownSlot(files) };
  const stranger = await world.referencePeer("mallory");
  const strange = await signEventOf(stranger, { schema_version: "v3.1", kind: 1, body: "hi" });
  const junk = [
    ref(null),
    ref("text"),
    ref([]),
    ref({}),
    ref({ kind: 1, body: "no id" }),
    ref({ event_id: "a&limit=1", kind: 1 }),
    ref({ event_id: "", kind: 1 }),
    ref({ event_id: 5, kind: 1 }),
    strange,
    withMembers(strange, { event_id: "f".repeat(64) }),
    await signEventOf(bob, { schema_version: "v4.0", kind: 1, body: "newer" }),
    await signEventOf(bob, { schema_version: "v3.1", kind: 4242, body: "unknown kind" }),
    await signEventOf(bob, { kind: 1001.5, body: "no kind" }),
    await signEventOf(bob, { kind: 1, to: "did:wire:carol", body: "for somebody else" }),
  ];
  for (const event of junk) await postEvent(slot, event);
  const good = await send(bob, { peer: "alice", body: "good" });
  await push(bob, "daemon");
  const first = await alice.record(["pull"]);
  assert.deepEqual(first["written"], [{ event_id: good, from: "bob" }]);
  assert.equal(first["total_seen"], junk.length + 1);
  assert.equal(first["cursor_advanced_to"], good);
  assert.deepEqual(await files.inbox("bob").then((lines) => lines.length), 1);
  // What legacy senders write: no suffix, or no scheme; MCP sends no version.
  const bare = await send(bob, { peer: "alice", body: "bare", from: "bob" });
  const legacy = await send(bob, {
    peer: "alice",
    body: "legacy",
    from: "did:wire:bob",
    byTool: true,
  });
  await push(bob, "daemon");
  const second = await alice.record(["pull"]);
  assert.deepEqual(
    second["written"],
    [bare, legacy].map((event_id) => ({ event_id, from: "bob" })),
  );
  assert.deepEqual(second["rejected"], []);
});

Deno.test("a 0.5.19 relay: a cursor that it does not know brings nothing twice", async () => {
  await using world = await InteropWorld.create("a 0.5.19 relay");
  const alice = await world.world.agent("alice", world.url);
  const files = takenOver(alice);
  const bob = await world.referencePeer("bob");
  await pinEachOther(files, bob);
  const sent = await send(bob, { peer: "alice", body: "one" });
  await push(bob, "daemon");
  await alice.ok(["pull"]);
  for (const cursor of ["", "0".repeat(64), "a&limit=1", sent.toUpperCase()]) {
    const state = await files.relayState();
    const self = withMembers(object(state, "self"), { last_pulled_event_id: cursor });
    await files.writeRelayState(withMembers(state, { self }));
    const report = await alice.record(["pull"]);
    assert.deepEqual(report["written"], [], cursor);
    assert.equal(report["cursor_advanced_to"], sent, cursor);
  }
  assert.equal((await files.inbox("bob")).length, 1);
});

Deno.test("a 0.5.19 relay: an empty bucket is waited for, not an end", async () => {
  await using world = await InteropWorld.create("a 0.5.19 relay");
  const relay = world.reference;
  assert.ok(relay instanceof ReferenceRelay);
  const alice = await world.world.agent("alice", world.url);
  const bob = await world.referencePeer("bob");
  relay.tokens = 0;
  await using host = alice.start([
    "pair-host",
    "--compat",
    "--relay",
    world.url,
    "--timeout",
    "300",
    "--yes",
  ]);
  const [, code = ""] = await host.line("stderr", /^\s+(\d\d-[A-Z2-7]{6})$/);
  while (!relay.requests.includes("POST /v1/pair")) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  relay.tokens = 4; // two messages, two bootstraps
  const guest = {
    role: "guest",
    relayUrl: world.url,
    code,
    matches: (digits: string) => Promise.resolve(digits !== ""),
  } as const;
  const result = await pairInForeground(bob, guest);
  const { code: exit, stdout, stderr } = await host.finished();
  assert.equal(exit, 0, stderr);
  assert.equal(JSON.parse(stdout).sas, text(result, "sas"));
});

Deno.test("a 0.5.19 relay: its stream wakes our daemon, and a lost mailbox is told in its words", async () => {
  await using world = await InteropWorld.create("a 0.5.19 relay");
  const alice = await world.world.agent("alice", world.url);
  const files = takenOver(alice);
  const bob = await world.referencePeer("bob");
  await pinEachOther(files, bob);
  await alice.daemon(["--interval", "3600"]);
  const monitor = alice.monitor();
  while (!world.reference?.requests.some((line) => line.endsWith("/stream"))) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const sent = await send(bob, { peer: "alice", body: "wake up" });
  await push(bob, "daemon");
  await monitor.line("stdout", new RegExp(sent));

  const other = new ReferenceHome(`${world.world.directory}/carol`);
  await other.init("carol", world.url);
  await pinEachOther(other, bob);
  await other.setPeer("bob", { ...await ownSlot(bob), slot_id: "0".repeat(32) });
  const carol = world.world.home("carol");
  const { event_id } = await carol.record(["send", "bob", "into nothing"]);
  const { skipped } = await carol.record(["push"]);
  const reason = 'post_event failed: 404 Not Found: {"error":"unknown slot"}';
  assert.deepEqual(skipped, [{ event_id, peer: "bob", reason }]);
});

async function ownSlot(home: ReferenceHome) {
  const self = at(await home.relayState(), "self");
  return {
    relay_url: text(self, "relay_url"),
    slot_id: text(self, "slot_id"),
    slot_token: text(self, "slot_token"),
  };
}

async function signEventOf(home: ReferenceHome, members: Record<string, unknown>) {
  const signer = await home.signer();
  return signEvent(
    object(ref({ from: signer.did, timestamp: "2026-01-01T00:00:00Z", type: "claim", ...members })),
    signer,
  );
}

import assert from "node:assert/strict";
import { admitCard } from "../../protocol/identity/card.ts";
import { printJson } from "../../protocol/json/print.ts";
import type { Json } from "../../protocol/json/value.ts";
import { isJson } from "../../store/home/json_file.ts";
import { pinCard } from "../../protocol/trust/trust.ts";
import { DAEMON_OWNER } from "../../store/home/daemon_state.ts";
import { writeDaemonPid } from "../../store/home/pid_record.ts";
import { fakeWorld, json, livingWorld, RELAY, run, serveRelay, type World } from "../fake/world.ts";
import { status } from "./status.ts";

const SLOT = { relay_url: RELAY, slot_id: "5".repeat(32), slot_token: "f".repeat(64) };

async function jsonOf(world: World, peer?: string): Promise<string> {
  const output: unknown = await run(status, world, peer === undefined ? {} : { peer });
  assert.ok(isJson(output));
  return printJson(output);
}

Deno.test("status of an empty home says so and creates nothing", async () => {
  const world = fakeWorld();
  assert.equal(await jsonOf(world), '{"initialized":false}');
  assert.deepEqual(world.platform.files.texts(), {});
});

Deno.test("status --json: the keys of 0.5.19 and ours", async () => {
  const world = await livingWorld("alice");
  assert.equal(
    await jsonOf(world),
    '{"backlog":[],"blocked":[],"capabilities":["wire/v3.1","wire/receipts-1","wire/thread-1"],' +
      '"daemon":{"all_running_pids":[],"orphans":[],"pid":null,"running":false},' +
      '"did":"did:wire:alice-08369d10","fingerprint":"08369d10","handle":"alice",' +
      '"inbox":{"events":0,"files":0},"initialized":true,"mailboxes":[],"nicks":[],' +
      '"outbox":{"events":0,"files":0,"waiting":0},' +
      '"outbox_problems":[],"peer_slots_count":0,"peers":[],' +
      '"pending_pairs":{"by_status":{},"inbound_count":0,"inbound_handles":[],"total":0},' +
      '"quarantine_evicted":0,"quarantined":0,"revoking":[],"self_relay":null}',
  );
});

Deno.test("P2: status counts mail, also what no relay has stored, peers, pairings and requests", async () => {
  const world = await livingWorld("alice");
  const bob = await livingWorld("bob");
  const { files } = world.platform;
  const card = admitCard(bob.self.card);
  assert.ok(card.ok);
  await world.home.updateTrust("test", (store) => {
    const pinned = pinCard(store, card, { tier: "VERIFIED", at: "2026-01-01T00:00:00Z" });
    assert.ok(pinned.ok);
    return pinned.store;
  });
  await files.append("/alice/state/wire/inbox/bob.jsonl", "{}\n\n  \n{}\n", { point: "t.in" });
  const line = (id: string) => `{"event_id":"${id.repeat(64)}","signature":"s"}\n`;
  await files.append("/alice/state/wire/outbox/bob.jsonl", line("a") + line("b"), {
    point: "t.out",
  });
  const stored = { event_id: "a".repeat(64), step: "stored", at: "2026-01-01T00:00:00Z" };
  await files.ensureDirectory("/alice/state/wire/delivery");
  await files.append("/alice/state/wire/delivery/bob.jsonl", `${JSON.stringify(stored)}\n`, {
    point: "t.journal",
  });
  await files.ensureDirectory(world.home.file.pendingInbound);
  await files.createNew(`${world.home.file.pendingInbound}/carol.json`, "{}", { point: "t.p" });
  for (const [code, state] of [["10-AAAAAA", "polling"], ["11-BBBBBB", "polling"]] as const) {
    await world.home.pendingPairs.create({
      code,
      code_hash: "",
      role: "host",
      relay_url: RELAY,
      status: state,
      sas: null,
      peer_did: null,
      created_at: "",
      last_error: null,
      pair_id: null,
      our_slot_id: null,
      our_slot_token: "f".repeat(64),
      spake2_seed_b64: "seed",
    });
  }
  const output = await run(status, world, {});
  assert.ok("initialized" in output && output.initialized);
  assert.deepEqual(output.peers, [{ handle: "bob", tier: "PENDING_ACK" }]);
  assert.deepEqual(output.inbox, { events: 2, files: 1 });
  assert.deepEqual(output.outbox, { events: 2, files: 1, waiting: 1 });
  assert.deepEqual(output.pending_pairs, {
    total: 2,
    by_status: { polling: 2 },
    inbound_count: 1,
    inbound_handles: ["carol"],
  });
});

Deno.test("P5: status shows no token, however deep it lies", async () => {
  const world = await livingWorld("alice");
  const endpoints: Json = [{
    ...SLOT,
    scope: "federation",
    later: [{ owner_token: SLOT.slot_token }],
  }];
  await world.home.updateRelayState("test", (state) => ({
    ...state,
    self: { ...SLOT, endpoints: [...endpoints], last_pulled_event_id: "e" },
    peers: { bob: SLOT },
  }));
  const text = await jsonOf(world);
  assert.ok(!text.includes(SLOT.slot_token));
  assert.match(
    text,
    /"self_relay":\{"endpoints":\[\{"later":\[\{\}\],"relay_url":"[^"]+","scope":"federation","slot_id":"5+"\}\],"last_pulled_event_id":"e","relay_url":"http:\/\/relay.test","slot_id":"5+"\}/,
  );
});

Deno.test("lesson 35, lesson 44: the daemon is whoever holds the lock; no process list is read", async () => {
  const world = await livingWorld("alice");
  await using _lock = await world.home.lockDaemon(DAEMON_OWNER, { deadlineMs: 0 });
  await writeDaemonPid(world.home, { did: world.self.did, relayUrl: null });
  // A crowd of other people's daemons changes nothing.
  for (let pid = 9_000; pid < 9_050; pid++) {
    world.platform.processes.living.set(pid, ["wire", "daemon", "--interval", "5"]);
  }
  const output = await run(status, world, {});
  assert.ok("daemon" in output);
  assert.equal(
    JSON.stringify(output.daemon),
    JSON.stringify({
      running: true,
      pid: 4242,
      all_running_pids: [4242],
      orphans: [],
      version: "0.1.0",
      bin_path: "/opt/wire/wire",
      did: world.self.did,
      relay_url: null,
      started_at: "2026-01-01T00:00:00.000000003Z",
      schema: "wire-daemon-pid-v1",
      answers: false,
    }),
  );
});

Deno.test("a live 0.5.19 daemon shows with its version, beside ours as an orphan", async () => {
  const world = await livingWorld("alice");
  const { files, processes } = world.platform;
  const record = {
    schema: "wire-daemon-pid-v1",
    pid: 77,
    bin_path: "/usr/local/bin/wire",
    version: "0.5.19",
    started_at: "2026-01-01T00:00:00Z",
  };
  await files.writeAtomic(world.home.file.daemonPid, JSON.stringify(record), { point: "t.pid" });
  processes.living.set(77, ["/usr/local/bin/wire", "daemon"]);
  const alone = await run(status, world, {});
  assert.ok("daemon" in alone);
  assert.deepEqual(alone.daemon.all_running_pids, [77]);
  assert.deepEqual(alone.daemon.orphans, []);
  assert.deepEqual(alone.daemon.version_mismatch, { cli: "0.1.0", daemon: "0.5.19" });
  await using _lock = await world.home.lockDaemon(DAEMON_OWNER, { deadlineMs: 0 });
  const beside = await run(status, world, {});
  assert.ok("daemon" in beside);
  assert.deepEqual(beside.daemon.all_running_pids, [4242, 77]);
  assert.deepEqual(beside.daemon.orphans, [77]);
});

Deno.test("a broken file of the home is one line that names it; a broken pairing is a note", async () => {
  const world = await livingWorld("alice");
  const { files } = world.platform;
  await files.ensureDirectory(world.home.file.pendingPairs);
  await files.createNew(`${world.home.file.pendingPairs}/10-A.json`, "{", { point: "t.p" });
  await run(status, world, {});
  assert.match(world.warnings.join("\n"), /10-A\.json/);
  await files.writeAtomic(world.home.file.relayState, "[]", { point: "t.r" });
  await assert.rejects(run(status, world, {}), {
    code: "unreadable",
    message: 'Cannot read "/alice/config/wire/relay.json": expected a JSON object',
  });
});

const STATE = `GET /v1/slot/${SLOT.slot_id}/state`;
const NOW_S = Date.parse("2026-01-01T00:00:00Z") / 1000;
const HEALTHY = { "GET /healthz": new Response("ok\n") };

async function worldWithBob(): Promise<World> {
  const world = await livingWorld("alice");
  await world.home.updateRelayState("test", (state) => ({ ...state, peers: { bob: SLOT } }));
  return world;
}

Deno.test("status --peer --json: exactly the keys of 0.5.19", async () => {
  const world = await worldWithBob();
  const record = { status: "online", set_at: "2026-01-01T00:00:00Z" };
  const slot = (last_pull_at_unix: number | null, responder_health: unknown) =>
    json({ event_count: 3, last_pull_at_unix, responder_health, slot_id: SLOT.slot_id });
  serveRelay(world, { ...HEALTHY, [STATE]: slot(NOW_S - 10, record) });
  assert.equal(
    await jsonOf(world, "bob"),
    `{"attention":{"age_seconds":10,"event_count":3,"last_pull_at_unix":${NOW_S - 10},` +
      '"status":"ok"},"peer":"bob","responder":{"record":{"set_at":"2026-01-01T00:00:00Z",' +
      '"status":"online"},"status":"online"},' +
      `"transport":{"latency_ms":0,"relay_url":"${RELAY}","status":"ok"}}`,
  );
  serveRelay(world, { ...HEALTHY, [STATE]: slot(null, null) });
  assert.equal(
    await jsonOf(world, "bob"),
    '{"attention":{"event_count":3,"last_pull_at_unix":null,"status":"never_pulled"},' +
      '"peer":"bob","responder":{"record":null,"status":"not_reported"},' +
      `"transport":{"latency_ms":0,"relay_url":"${RELAY}","status":"ok"}}`,
  );
  serveRelay(world, { ...HEALTHY, [STATE]: slot(NOW_S - 301, null) });
  assert.match(await jsonOf(world, "bob"), /"age_seconds":301,.*"status":"stale"/);
});

Deno.test("status --peer reports a relay that does not answer instead of failing", async () => {
  const world = await worldWithBob();
  world.platform.net.fail(RELAY, "connect");
  const output = await run(status, world, { peer: "bob" });
  assert.ok("transport" in output);
  assert.equal(output.transport.status, "error");
  assert.match(output.transport.error ?? "", /connect error: /);
  assert.equal(output.responder.status, "unknown");
  assert.equal(output.attention.status, "unknown");
});

Deno.test("status --peer with a wrong token reports what it can and says the rest", async () => {
  const world = await worldWithBob();
  serveRelay(world, { ...HEALTHY, [STATE]: json({ error: "bad token" }, 403) });
  const output = await run(status, world, { peer: "bob" });
  assert.ok("transport" in output);
  assert.equal(output.transport.status, "ok");
  assert.equal(output.responder.status, "unknown");
  assert.match(world.warnings.join("\n"), /403 Forbidden/);
});

Deno.test("status --peer of somebody unknown is an error", async () => {
  const world = await worldWithBob();
  await assert.rejects(run(status, world, { peer: "carol" }), /unknown peer carol/);
});

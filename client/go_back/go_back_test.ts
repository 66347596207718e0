import assert from "node:assert/strict";
import { DAEMON_OWNER } from "../../store/home/daemon_state.ts";
import { FaultFiles } from "../../platform/fault_files.ts";
import type { Files } from "../../platform/files.ts";
import { WireError } from "../../protocol/errors.ts";
import { capabilitiesOfCard } from "../../protocol/identity/capabilities.ts";
import { admitCard, makeCard } from "../../protocol/identity/card.ts";
import { keyPairFromSeed } from "../../protocol/identity/keys.ts";
import { begin } from "../../protocol/pair2/machine.ts";
import { pinCard } from "../../protocol/trust/trust.ts";
import { writeDaemonPid } from "../../store/home/pid_record.ts";
import { updateCard } from "../../store/home/own_card.ts";
import { aboutFor, secretsFor } from "../../tests/pair2/adversary.ts";
import { type ClientContext, createContext } from "../context.ts";
import { serviceOf } from "../service/report.ts";
import { json, livingWorld, RELAY, serveRelay, type World } from "../fake/world.ts";
import { goBack } from "../operations/go_back.ts";
import { sendFullerCard } from "./card.ts";
import { readWentBack } from "./record.ts";
import { withFlatMembers } from "./relay_entries.ts";

const SLOT = "a1".repeat(16);
const PEER_SLOT = "b2".repeat(16);
const TOKEN = "c3".repeat(32);

/** alice announces what only ours does, has a peer without flat members, and a pairing under way. */
async function world(): Promise<World> {
  const alice = await livingWorld();
  const { home } = alice;
  const admitted = admitCard(
    makeCard({ handle: "bob", keys: keyPairFromSeed(new Uint8Array(32)) }),
  );
  assert.ok(admitted.ok);
  await home.updateTrust("test", (store) => {
    const pinned = pinCard(store, admitted, { tier: "VERIFIED", at: "2026-01-01T00:00:00Z" });
    assert.ok(pinned.ok);
    return pinned.store;
  });
  const endpoint = { relay_url: RELAY, slot_id: PEER_SLOT, slot_token: TOKEN, scope: "federation" };
  await home.updateRelayState("test", () => ({
    self: { relay_url: RELAY, slot_id: SLOT, slot_token: TOKEN },
    peers: { bob: { endpoints: [endpoint] } },
  }));
  await updateCard(home, "test", (card) => ({
    ...card,
    dh_pubkey: "x",
    capabilities: ["wire/v3.1", "markdown/v1", "wire/receipts-1", "wire/thread-1"],
  }));
  // Of a daemon that was killed.
  await writeDaemonPid(home, { did: alice.self.did, relayUrl: RELAY });
  await home.pair2.create(begin(aboutFor("host"), secretsFor("host")));
  serveRelay(alice, {
    "GET /healthz": new Response("ok"),
    [`GET /v1/events/${SLOT}`]: json([]),
    [`POST /v1/events/${PEER_SLOT}`]: () => json({ event_id: null, status: "stored" }, 201),
  });
  return alice;
}

const contextOn = ({ platform }: World, files: Files): ClientContext =>
  createContext({ ...platform, files }, { warn: () => undefined });

Deno.test("go-back: the card says what 0.5.19 can do, and peers are sent it", async () => {
  const alice = await world();
  const out = await goBack.run(alice.context);
  assert.deepEqual(out.card, {
    changed: true,
    withdrawn: ["wire/receipts-1", "wire/thread-1"],
    queued_for: ["bob"],
  });
  const { card } = await alice.home.readIdentity();
  assert.deepEqual(capabilitiesOfCard(card), ["wire/v3.1", "markdown/v1"]);
  assert.ok(!("dh_pubkey" in card));
  const posted = alice.platform.net.requests.filter(({ method }) => method === "POST");
  assert.equal(posted.length, 1);
  assert.match(await posted[0]?.text() ?? "", /"type":"agent_card"/);
});

Deno.test("go-back: pairings of pair/2 end, and 0.5.19's daemon finds every peer's mailbox", async () => {
  const alice = await world();
  const out = await goBack.run(alice.context);
  assert.equal(out.ended_pairings.length, 1);
  assert.deepEqual((await alice.home.pair2.list()).map(({ state }) => state.tag), ["ended"]);
  assert.deepEqual(out.mended, ["bob"]);
  const { peers } = await alice.home.readRelayState();
  const { relay_url, slot_id, slot_token } = peers["bob"] ?? {};
  assert.deepEqual([relay_url, slot_id, slot_token], [RELAY, PEER_SLOT, TOKEN]);
  assert.deepEqual(out.mailboxes, [{
    relay_url: RELAY,
    slot_id: SLOT,
    grants: [],
    token_holders: ["bob"],
  }]);
});

Deno.test("go-back: again it changes nothing but the time", async () => {
  const alice = await world();
  await goBack.run(alice.context);
  const before = await texts(alice);
  const out = await goBack.run(alice.context);
  assert.ok(!out.card.changed);
  assert.deepEqual(out.card.withdrawn, ["wire/receipts-1", "wire/thread-1"]);
  assert.deepEqual([out.ended_pairings, out.mended], [[], []]);
  assert.deepEqual(await texts(alice), before);
});

Deno.test("go-back: killed at any step, the next run ends as if nothing had happened", async () => {
  const whole = await world();
  const counting = new FaultFiles(whole.platform.files);
  await goBack.run(contextOn(whole, counting));
  const expected = await texts(whole);
  const points = new Set(counting.steps.map(({ point }) => point));
  for (const point of ["go_back.record", "go_back.daemon_pid"]) assert.ok(points.has(point));
  for (const { index, point } of counting.steps) {
    for (const moment of ["before", "after"] as const) {
      const alice = await world();
      const files = new FaultFiles(alice.platform.files).crashAt(index, moment);
      await assert.rejects(goBack.run(contextOn(alice, files)), { name: "Crash" });
      alice.platform.files.dropLocks();
      await goBack.run(alice.context);
      assert.deepEqual(await texts(alice), expected, `${moment} ${point}`);
    }
  }
});

Deno.test("go-back: up sends the fuller card again, also when it was killed meanwhile", async () => {
  for (const point of [undefined, "home.card_changed", "go_back.forget"]) {
    const alice = await world();
    assert.equal(await sendFullerCard(alice.context), undefined, "nothing to do before");
    await goBack.run(alice.context);
    if (point !== undefined) {
      for (const moment of ["before", "after"] as const) {
        const files = new FaultFiles(alice.platform.files).crashAt({ point }, moment);
        const dying = sendFullerCard(contextOn(alice, files));
        await dying.catch((error) => assert.equal(error.name, "Crash"));
        alice.platform.files.dropLocks();
      }
    }
    await sendFullerCard(alice.context);
    const { capabilities } = await alice.home.readIdentity();
    assert.deepEqual([...capabilities].sort(), [
      "markdown/v1",
      "wire/receipts-1",
      "wire/thread-1",
      "wire/v3.1",
    ]);
    assert.equal(await readWentBack(alice.home), undefined);
    assert.equal(await sendFullerCard(alice.context), undefined);
  }
});

Deno.test("go-back: a relay that is silent is told, and keeps nobody from going back", async () => {
  const alice = await world();
  alice.platform.net.fail(RELAY, "connect");
  const { files } = alice.platform;
  await files.lock("/alice/state/wire/notify.lock", { owner: "wire notify", deadlineMs: 0 });
  const out = await goBack.run(alice.context);
  assert.match(out.attention.join("\n"), /^wire notify \(pid \d+\) since \S+ still runs here/m);
  assert.match(out.attention.join("\n"), /mail at http:\/\/relay\.test was not fetched/);
  assert.match(out.attention.join("\n"), /1 message\(s\) for bob wait/);
  assert.ok((await readWentBack(alice.home))?.done_at !== undefined);
});

Deno.test("lesson 39: go-back stops no daemon that is not ours", async () => {
  const alice = await world();
  await alice.home.lockDaemon(DAEMON_OWNER, { deadlineMs: 0 });
  const isRefused = (error: unknown): boolean =>
    error instanceof WireError && error.code === "refused";
  await assert.rejects(goBack.run(alice.context), isRefused);
  assert.deepEqual(alice.platform.processes.signalled, []);
  assert.equal(await readWentBack(alice.home), undefined);
});

Deno.test("lesson 41: go-back does not end a daemon that serves other sessions too", async () => {
  const alice = await world();
  const { files, processes } = alice.platform;
  Object.assign(files, { pid: 77 }); // whom the lock names
  processes.living.set(77, ["/opt/wire/wire", "daemon", "--all-sessions"]);
  await alice.home.lockDaemon(DAEMON_OWNER, { deadlineMs: 0 });
  await assert.rejects(goBack.run(alice.context), /process 77 serves all sessions/);
  assert.deepEqual(processes.signalled, []);
  assert.equal(await readWentBack(alice.home), undefined);
});

Deno.test("go-back: a service of ours is switched off first, and one of 0.5.19 is left alone", async () => {
  for (const isOurs of [true, false]) {
    const alice = await world();
    const { files, programs } = alice.platform;
    await files.ensureDirectory("/opt/wire");
    await files.writeAtomic("/opt/wire/wire", "", { point: "x" });
    const { manager } = await serviceOf(alice.context, { localRelay: false });
    await files.ensureDirectory("/home/tester/.config/systemd/user");
    const old = "[Service]\nExecStart=/usr/local/bin/wire daemon --interval 5\n";
    await files.writeAtomic(manager.unitPath, isOurs ? manager.text : old, { point: "x" });
    programs.answers.set("systemctl", () => ({}));
    const { attention } = await goBack.run(alice.context);
    const disabled = programs.calls.filter((call) => call.includes("disable"));
    assert.equal(disabled.length, isOurs ? 1 : 0);
    assert.equal(attention.some((line) => line.includes("is switched off")), isOurs);
  }
});

Deno.test("go-back: entries that have all that 0.5.19 needs stay as they are", () => {
  const flat = { relay_url: RELAY, slot_id: PEER_SLOT, slot_token: "" };
  const state = { self: null, peers: { asked: flat, nowhere: { endpoints: [] } } };
  assert.equal(withFlatMembers(state).state, state);
});

/** Every file, without what depends on when and how often a step was done. */
async function texts({ platform: { files } }: World): Promise<Record<string, string>> {
  await Promise.resolve();
  const kept = Object.entries(files.texts()).filter(([name]) =>
    !/\.owner$|\/delivery\/|\/locks\//.test(name)
  );
  return Object.fromEntries(
    kept.map(([name, text]) => [
      name,
      name.endsWith(".jsonl")
        ? String(text.split("\n").length)
        : text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>")
          .replace(/"signature": "[^"]*"/g, '"signature": "…"'),
    ]),
  );
}

Deno.test("up: a home of 0.5.19 says on its card what this version can do, and tells its peers", async () => {
  const alice = await world();
  await updateCard(alice.home, "test", (card) => ({ ...card, capabilities: ["wire/v3.1"] }));
  const sent = await sendFullerCard(alice.context);
  assert.deepEqual(sent?.identity.capabilities, ["wire/v3.1", "wire/receipts-1", "wire/thread-1"]);
  assert.equal(await sendFullerCard(alice.context), undefined);
});

import assert from "node:assert/strict";
import { lastPassages } from "../../store/home/passages.ts";
import { DAEMON_OWNER } from "../../store/home/daemon_state.ts";
import { WireError } from "../../protocol/errors.ts";
import { codeHash, parseCodePhrase } from "../../protocol/pairing/code_phrase.ts";
import { relayUrlOf } from "../mailbox.ts";
import { pairConfirm } from "../operations/pair_confirm.ts";
import { pairHost } from "../operations/pair_host.ts";
import { advance } from "./pair_driver.ts";
import { beginRecord } from "./pair_records.ts";
import { pairCancel } from "../operations/pair_cancel.ts";
import { PairResult } from "./pair_progress.ts";
import {
  type Agent,
  PairWorld,
  pinned,
  RELAY,
  type Running,
  shown,
  statusOf,
} from "./fake/pair_world.ts";

function failure(running: Running): WireError {
  assert.ok(running.error instanceof WireError, String(running.error));
  return running.error;
}

function codeOf(running: Running): string {
  return shown(running, "hosting")?.code_phrase ?? "";
}

/** Both in a terminal, up to the question. */
async function asked(world: PairWorld, alice: Agent, bob: Agent) {
  for (const { platform } of [alice, bob]) platform.terminal.stdin.isTerminal = true;
  const host = world.host(alice);
  await world.until(() => codeOf(host) !== "");
  const guest = world.join(bob, codeOf(host));
  await world.until(() => [host, guest].every((it) => shown(it, "confirm") !== undefined));
  return { host, guest, code: codeOf(host) };
}

const type = (agent: Agent, line: string): void => agent.platform.terminal.stdin.type(`${line}\n`);

for (const order of ["host first", "guest first"] as const) {
  Deno.test(`two terminals pair by the digits of the other screen, ${order}`, async () => {
    const world = new PairWorld();
    const [alice, bob] = [await world.agent("alice"), await world.agent("bob")];
    const { host, guest, code } = await asked(world, alice, bob);
    const sas = shown(host, "digits")?.sas ?? "";
    assert.match(sas, /^\d{3}-\d{3}$/);
    assert.equal(shown(guest, "digits")?.sas, sas);
    const both = order === "host first" ? [alice, bob] as const : [bob, alice] as const;
    type(both[0], sas);
    await world.clock.advance(5_000);
    assert.deepEqual(await pinned(both[0]), {}, "nobody is pinned before the other confirms");
    type(both[1], sas);
    await world.until(() => host.ended && guest.ended);
    assert.deepEqual([host.error, guest.error], [undefined, undefined]);
    const ofHost = PairResult.parse(host.shown.at(-1));
    const ofGuest = PairResult.parse(guest.shown.at(-1));
    assert.equal(ofHost.paired_with, bob.did);
    assert.equal(ofHost.sas, sas);
    assert.equal(ofHost.peer_relay_url, RELAY);
    assert.equal(ofGuest.paired_with, alice.did);
    assert.equal(ofGuest.identity_check, ofHost.identity_check);
    assert.deepEqual(await pinned(alice), { [bob.did]: "VERIFIED" });
    assert.deepEqual(await pinned(bob), { [alice.did]: "VERIFIED" });
    const state = await alice.context.home.readRelayState();
    assert.deepEqual(Object.keys(state.peers["bob"] ?? {}), ["relay_url", "slot_id", "slot_token"]);
    const own = (await bob.context.home.readRelayState()).self;
    assert.equal(state.peers["bob"]?.slot_token, own?.slot_token);
    const entry = (await alice.context.home.readTrust()).agents.get("bob");
    assert.equal(entry?.value["paired_via"], "sas");
    assert.equal(entry?.value["sas_proof"], "typed");
    assert.equal(await statusOf(alice, code), undefined, "the record is gone");
  });
}

Deno.test("P4, ruling 9: on a terminal y is refused and the digits are asked for again", async () => {
  const world = new PairWorld();
  const [alice, bob] = [await world.agent("alice"), await world.agent("bob")];
  const { host, guest } = await asked(world, alice, bob);
  const sas = shown(host, "digits")?.sas ?? "";
  type(alice, "y");
  await world.until(() => shown(host, "again") !== undefined);
  assert.match(shown(host, "again")?.why ?? "", /six digits of your peer's screen/);
  type(alice, sas.slice(1));
  await using _lock = await bob.context.home.lockDaemon(DAEMON_OWNER, { deadlineMs: 0 });
  type(alice, sas);
  type(bob, sas);
  await world.until(() => host.ended && guest.ended);
  assert.deepEqual(await pinned(alice), { [bob.did]: "VERIFIED" });
  const runs = [host, guest].map((it) => shown(it, "paired")?.daemon_running);
  assert.deepEqual(runs, [false, true], "who has a daemon is not told to start one");
});

Deno.test("P4, ruling 9: y through a pipe and --yes work as in 0.5.19 and are recorded as unproved", async () => {
  const world = new PairWorld();
  const [alice, bob] = [await world.agent("alice"), await world.agent("bob")];
  const host = world.host(alice);
  await world.until(() => codeOf(host) !== "");
  const guest = world.join(bob, codeOf(host), { yes: true });
  type(alice, " Yes ");
  await world.until(() => host.ended && guest.ended);
  for (const [agent, peer] of [[alice, "bob"], [bob, "alice"]] as const) {
    const entry = (await agent.context.home.readTrust()).agents.get(peer);
    assert.equal(entry?.value["sas_proof"], "unproved");
    const { passages: [passage, ...others] } = await lastPassages(agent.context.home, 10);
    assert.deepEqual(others, []);
    assert.deepEqual({ ...passage, at: "" }, {
      at: "",
      op: "sas_confirm",
      face: "cli",
      proof: "unproved",
      subject: `${codeOf(host).slice(0, codeOf(host).indexOf("-"))}-…`,
    });
  }
});

Deno.test("six wrong digits end the pairing for good on both sides", async () => {
  const world = new PairWorld();
  const [alice, bob] = [await world.agent("alice"), await world.agent("bob")];
  const { host, guest, code } = await asked(world, alice, bob);
  const sas = (shown(host, "digits")?.sas ?? "").replace("-", "");
  const wrong = String((Number(sas) + 1) % 1_000_000).padStart(6, "0");
  type(bob, sas); // the other side has confirmed already
  await world.until(() => shown(guest, "confirmed") !== undefined);
  type(alice, wrong);
  await world.until(() => host.ended && guest.ended);
  assert.equal(failure(host).code, "sas_mismatch");
  assert.equal(failure(guest).code, "pairing_expired");
  assert.match(
    failure(guest).message,
    /^pairing expired at the relay, or the other side gave it up/,
  );
  assert.ok(shown(host, "given_up")?.relay_told);
  for (const agent of [alice, bob]) {
    assert.equal(await statusOf(agent, code), "aborted");
    assert.deepEqual(await pinned(agent), {});
    const text = await agent.platform.files.readText(agent.context.home.pendingPairs.path(code));
    assert.ok(!text?.includes(sas) && !text?.includes(wrong), "no digits stay in the file");
  }
  for (const [agent, passed] of [[alice, 0], [bob, 1]] as const) {
    const { passages } = await lastPassages(agent.context.home, 10);
    assert.equal(passages.length, passed, "who typed other digits did not pass");
  }
});

Deno.test("no and three slips decline, and tell the relay; an empty line is a slip", async () => {
  for (const lines of [["n"], ["y", "12345", ""], ["", "n"]]) {
    const world = new PairWorld();
    const [alice, bob] = [await world.agent("alice"), await world.agent("bob")];
    const { host, guest, code } = await asked(world, alice, bob);
    for (const line of lines) type(alice, line);
    await world.until(() => host.ended && guest.ended);
    assert.equal(failure(host).message, "SAS confirmation declined — aborting pairing");
    assert.equal(await statusOf(alice, code), "aborted");
    assert.equal(world.relay.slots.size, 0);
    assert.equal(failure(guest).code, "pairing_expired");
    assert.ok(shown(guest, "unanswered"), "what is said next does not stand behind the question");
  }
});

Deno.test("lesson 16: the end of the wait is shown from the start, and the wait ends then", async () => {
  const world = new PairWorld();
  const alice = await world.agent("alice");
  const start = world.clock.now();
  const host = world.host(alice, { timeout: 30 });
  await world.until(() => codeOf(host) !== "");
  const end = Temporal.Instant.from(shown(host, "hosting")?.expires_at ?? "").epochMilliseconds;
  assert.equal(end, start + 30_000);
  await world.until(() => host.ended);
  assert.ok(world.clock.now() - end < 1_000);
  assert.equal(failure(host).message, "timeout after 30s waiting for peer's SPAKE2 message");
  const waits = host.shown.filter((it) => "progress" in it && it.progress === "waiting");
  assert.equal(waits.length, 2, "one line each ten seconds");
  assert.equal(world.relay.slots.size, 0, "the relay was told");
  assert.equal(await statusOf(alice, codeOf(host)), "aborted");
});

Deno.test("lesson 15: one side confirms, the other never does: nobody is pinned, both hear of it", async () => {
  const world = new PairWorld();
  const [alice, bob] = [await world.agent("alice"), await world.agent("bob")];
  const { host, guest } = await asked(world, alice, bob);
  type(alice, shown(host, "digits")?.sas ?? "");
  await world.until(() => host.ended, 400_000);
  assert.equal(failure(host).message, "timeout after 300s waiting for peer's sealed bootstrap");
  await world.until(() => guest.ended);
  assert.equal(failure(guest).code, "pairing_expired");
  assert.deepEqual([await pinned(alice), await pinned(bob)], [{}, {}]);
});

Deno.test("lesson 17: Ctrl-C abandons at the relay and says so", async () => {
  const world = new PairWorld();
  const alice = await world.agent("alice");
  const host = world.host(alice);
  await world.until(() => world.relay.slots.size === 1);
  const reason = new WireError("interrupted", "interrupted");
  host.interrupt.abort(reason);
  await world.until(() => host.ended);
  assert.equal(host.error, reason);
  assert.ok(shown(host, "given_up")?.relay_told);
  assert.equal(world.relay.slots.size, 0);
  assert.equal(await statusOf(alice, codeOf(host)), "aborted");
});

Deno.test("lesson 17: the daemon leaves a pairing to its terminal, and goes on when that has died", async () => {
  const world = new PairWorld();
  const [alice, bob] = [await world.agent("alice"), await world.agent("bob")];
  bob.platform.terminal.stdin.isTerminal = true;
  // A stream that nobody reads any more stands where a killed process stood.
  const compat = { relay: RELAY, compat: true };
  const dead = pairHost.stream(alice.context, compat, new AbortController().signal);
  const first = await dead.next();
  assert.ok(first.value && "progress" in first.value && first.value.progress === "hosting");
  const code = first.value.code_phrase;
  const guest = world.join(bob, code);
  await world.until(() => world.relay.slots.size === 1);
  const calls = world.relay.calls.length;
  assert.deepEqual(await world.tick(alice), [], "the terminal has it");
  assert.equal(world.relay.calls.length, calls);
  alice.platform.files.dropLocks();
  assert.deepEqual(await world.tick(alice), [
    "alice: request_host → polling",
    "alice: polling → sas_ready",
  ]);
  await world.until(() => shown(guest, "confirm") !== undefined);
  const digits = shown(guest, "digits")?.sas ?? "";
  await pairConfirm.run(alice.context, { code, digits });
  type(bob, digits);
  await world.until(() => shown(guest, "confirmed") !== undefined);
  assert.deepEqual(await world.tick(alice), ["alice: confirmed → gone"]);
  await world.until(() => guest.ended);
  assert.deepEqual(await pinned(alice), { [bob.did]: "VERIFIED" });
  assert.deepEqual(await pinned(bob), { [alice.did]: "VERIFIED" });
});

Deno.test("lesson 17: pair-join again with the same code goes on where the first attempt stopped", async () => {
  const world = new PairWorld();
  const [alice, bob] = [await world.agent("alice"), await world.agent("bob")];
  const host = world.host(alice, { yes: true });
  await world.until(() => codeOf(host) !== "");
  const code = codeOf(host);
  const parsed = parseCodePhrase(code);
  await beginRecord(bob.context, {
    code: parsed,
    codeHash: codeHash(parsed),
    role: "guest",
    relayUrl: relayUrlOf(RELAY),
  });
  const signal = new AbortController().signal;
  await advance(bob.context, code, { tag: "tick", now: world.clock.now() }, {
    signal,
    notify: "nobody",
  });
  assert.equal(await statusOf(bob, code), "sas_ready");
  const guest = world.join(bob, code, { yes: true });
  await world.until(() => host.ended && guest.ended);
  assert.deepEqual([host.error, guest.error], [undefined, undefined]);
  assert.equal(world.relay.count(/^POST \/v1\/pair$/), 2, "opened once by each");
});

Deno.test("a third party with the code is refused and does not kill the pairing", async () => {
  const world = new PairWorld();
  const [alice, bob, eve] = [
    await world.agent("alice"),
    await world.agent("bob"),
    await world.agent("eve"),
  ];
  const { host, guest, code } = await asked(world, alice, bob);
  const third = world.join(eve, code);
  await world.until(() => third.ended);
  assert.match(
    failure(third).message,
    /^pair_open failed: 409 Conflict: .*guest already registered/,
  );
  assert.equal(await statusOf(eve, code), "aborted");
  assert.equal(world.relay.count(/abandon/), 0);
  const sas = shown(host, "digits")?.sas ?? "";
  type(alice, sas);
  type(bob, sas);
  await world.until(() => host.ended && guest.ended);
  assert.deepEqual([host.error, guest.error], [undefined, undefined]);
});

Deno.test("pair-cancel in another terminal ends it here and at the peer", async () => {
  const world = new PairWorld();
  const [alice, bob] = [await world.agent("alice"), await world.agent("bob")];
  const { host, guest, code } = await asked(world, alice, bob);
  assert.deepEqual(await pairCancel.run(alice.context, { code }), {
    code_phrase: code,
    state: "cancelled",
    form: "0.5.19",
  });
  await world.until(() => host.ended && guest.ended);
  assert.equal(failure(host).message, "cancelled by operator");
  assert.equal(failure(guest).code, "pairing_expired");
});

Deno.test("one's own code cannot be joined from the same home", async () => {
  const world = new PairWorld();
  const alice = await world.agent("alice");
  const host = world.host(alice);
  await world.until(() => codeOf(host) !== "");
  const guest = world.join(alice, codeOf(host));
  await world.until(() => guest.ended);
  assert.ok(["conflict", "locked"].includes(failure(guest).code));
  host.interrupt.abort(new WireError("interrupted", "interrupted"));
  await world.until(() => host.ended);
});

Deno.test("without a relay the pairing ends at once, with the transport's words", async () => {
  const world = new PairWorld();
  const alice = await world.agent("alice");
  world.net.fail(RELAY, "connect");
  const host = world.host(alice);
  await world.until(() => host.ended);
  assert.equal(failure(host).code, "unreachable");
  assert.match(failure(host).message, /connect error/);
  assert.equal(await statusOf(alice, codeOf(host)), "aborted");
});

Deno.test("a relay that asks for patience gets it, and who waits is told at once", async () => {
  const world = new PairWorld();
  const alice = await world.agent("alice");
  let refusals = 2;
  world.relay.intercept = (request) => {
    if (!request.url.endsWith("/v1/pair") || refusals-- <= 0) return undefined;
    return new Response("Too Many Requests! Wait for 9s", { status: 429 });
  };
  const host = world.host(alice);
  await world.until(() => world.relay.slots.size === 1);
  assert.ok(world.clock.monotonic() >= 18_000);
  assert.equal(world.relay.count(/^POST \/v1\/pair$/), 3);
  const told = host.shown.flatMap((step) =>
    "progress" in step && step.progress === "waiting" ? [step] : []
  );
  assert.deepEqual(told.map((step) => [step.waiting_for, step.elapsed_s]), [["relay", 0], [
    "relay",
    9,
  ]]);
  for (const { problem } of told) assert.match(problem ?? "", /Too Many Requests! Wait for 9s/);
  host.interrupt.abort(new WireError("interrupted", "interrupted"));
  await world.until(() => host.ended);
});

Deno.test("without an identity nothing is sent and nothing is left behind", async () => {
  const world = new PairWorld();
  const alice = await world.agent("alice");
  await alice.platform.files.remove(alice.context.home.file.privateKey, { point: "test" });
  const host = world.host(alice);
  await world.until(() => host.ended);
  assert.equal(failure(host).code, "not_initialized");
  assert.deepEqual(world.relay.calls, []);
  assert.deepEqual(await alice.context.home.pendingPairs.list(), []);
});

Deno.test("a live daemon of 0.5.19 on the home is refused: it would drive the same record", async () => {
  const world = new PairWorld();
  const alice = await world.agent("alice");
  const { files, processes } = alice.platform;
  processes.living.set(77, ["/usr/bin/wire", "daemon", "--interval", "5"]);
  const record = {
    schema: "wire-daemon-pid-v1",
    pid: 77,
    bin_path: "/usr/bin/wire",
    version: "0.5.19",
    started_at: "2026-01-01T00:00:00Z",
    did: null,
    relay_url: null,
  };
  const { daemonPid } = alice.context.home.file;
  await files.writeAtomic(daemonPid, JSON.stringify(record), { point: "test" });
  const host = world.host(alice);
  await world.until(() => host.ended);
  assert.equal(failure(host).code, "locked");
  assert.match(failure(host).message, /wire 0\.5\.19 \(pid 77\)/);
  assert.deepEqual(world.relay.calls, []);
});

Deno.test("lesson 16: a wait longer than a pairing may live ends with the pairing, and says so at once", async () => {
  const world = new PairWorld();
  const alice = await world.agent("alice");
  const host = world.host(alice, { timeout: 86_400 });
  await world.until(() => codeOf(host) !== "");
  assert.equal(shown(host, "hosting")?.expires_at, "2026-01-01T00:30:00Z");
  world.clock.setWallClock("2026-01-01T00:29:55Z");
  await world.until(() => host.ended, 10_000);
  assert.equal(failure(host).code, "pairing_expired");
});

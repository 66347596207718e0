import assert from "node:assert/strict";
import { createContext } from "../../client/context.ts";
import { monitor } from "../../client/operations/monitor.ts";
import { status } from "../../client/operations/status.ts";
import { daemonLink } from "../../daemon/link.ts";
import type { Pairing } from "../../daemon/cycle.ts";
import type { PairTransition } from "../../daemon/cycle_report.ts";
import type { LiveEvent } from "../../protocol/schemas/live.ts";
import { VERSION } from "../../protocol/version.ts";
import { eventFrom, MailWorld, neverTold, type Party, RELAY_URL } from "../fault/mail_world.ts";
import { NO_PAIRING, queue, Running } from "./running.ts";

const ADDRESS = (party: Party): string => `${party.context.home.paths.stateRoot}/guard.addr`;

/** Another process of that home. */
const beside = (party: Party) =>
  createContext(party.platform, {
    warn: (line) => void party.warnings.push(line),
    daemon: daemonLink(party.context.home),
  });

/** What a watcher of that home hears, but for how mail comes; `take` waits for the next. */
function watching(party: Party) {
  const stop = new AbortController();
  const events = daemonLink(party.context.home).watch(stop.signal)[Symbol.asyncIterator]();
  const take = async (): Promise<LiveEvent | undefined> => {
    for (;;) {
      const { value, done } = await events.next();
      if (done === true) return undefined;
      if (value.event !== "mailboxes") return value;
    }
  };
  return { stop, take };
}

Deno.test("a nudge sends what is queued at once, where nothing tells of changes in files", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  alice.disk.watch = neverTold;
  const running = new Running(alice, { interval: 3_600 });
  await running.next();
  const id = await queue(alice, bob, "now");
  const next = running.next();
  assert.deepEqual(await beside(alice).daemon.nudge(), { version: VERSION, pid: 4242 });
  await alice.clock.settle();
  assert.equal(world.relay.texts(bob.slotId).length, 1);
  assert.deepEqual((await next).push.pushed, [{ event_id: id, peer: "bob" }]);
  running.stop.abort();
  await running.ended();
});

Deno.test("watchers hear what came and what went when it stands on the disk, and never the digits", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const step = {
    code: "12-ABCDEF",
    from: "polling",
    peer_did: null,
    sas: "123456",
    to: "sas_ready",
  };
  const transitions: PairTransition[] = [];
  const pairing: Pairing = {
    ...NO_PAIRING,
    tick: () => Promise.resolve({ transitions: transitions.splice(0), isBusy: false }),
  };
  const running = new Running(alice, { interval: 5, pairing });
  await running.next();
  const watcher = watching(alice);
  const first = watcher.take();
  assert.deepEqual(await first, { event: "watching", version: VERSION, pid: 4242 });

  const sent = await queue(alice, bob, "to bob");
  assert.deepEqual(await watcher.take(), { event: "stored", peer: "bob", event_id: sent });
  const got = eventFrom(bob, alice, { body: "to alice" });
  world.relay.plant(alice.slotId, got.text);
  transitions.push(step);
  await alice.clock.advance(5_000);
  assert.deepEqual(await watcher.take(), { event: "received", peer: "bob", event_id: got.id });
  const paired = await watcher.take();
  assert.deepEqual(paired, {
    event: "pairing",
    code: "12-ABCDEF",
    from: "polling",
    to: "sas_ready",
  });
  running.stop.abort();
  await alice.clock.advance(3_000);
  assert.equal(await watcher.take(), undefined, "the end of the daemon is the end of the watch");
});

Deno.test("monitor is pushed to where nothing tells of changes in files, and goes on without a daemon", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  bob.disk.watch = neverTold;
  const running = new Running(bob, { interval: 5 });
  await running.next();
  const stop = new AbortController();
  const input = monitor.input.parse({ intervalMs: 3_600_000 });
  const shown = monitor.stream(beside(bob), input, stop.signal)[Symbol.asyncIterator]();
  const first = shown.next();
  await bob.clock.settle();
  const one = eventFrom(alice, bob, { body: "one" });
  world.relay.plant(bob.slotId, one.text);
  await bob.clock.advance(5_000);
  const { value } = await first;
  assert.ok(value !== undefined && "event_id" in value && value.event_id === one.id);

  running.stop.abort();
  await bob.clock.advance(3_000);
  const second = shown.next();
  const again = new Running(bob, { interval: 5 });
  const two = eventFrom(alice, bob, { body: "two" });
  world.relay.plant(bob.slotId, two.text);
  await again.next();
  await bob.clock.advance(2_000);
  const next = (await second).value;
  assert.ok(next !== undefined && "event_id" in next && next.event_id === two.id);
  stop.abort();
  again.stop.abort();
  await bob.clock.advance(3_000);
});

Deno.test("lesson 35: status says what the daemon says: mailboxes, what rests, what failed last", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const running = new Running(alice);
  await running.next();
  const shown = async () => {
    const output = await status.run(beside(alice), status.input.parse({}));
    assert.ok("daemon" in output);
    return output.daemon;
  };
  await alice.clock.settle();
  const well = await shown();
  assert.ok(well.answers);
  assert.equal(well.last_error, null);
  assert.deepEqual(well.resting, []);
  assert.deepEqual(well.transports?.map(({ relay_url }) => relay_url), [RELAY_URL]);
  assert.ok(well.round_at !== null);

  world.net.fail(RELAY_URL, "connect");
  await queue(alice, bob, "held up");
  await alice.clock.advance(7_000);
  const ill = await shown();
  assert.deepEqual(ill.resting?.map(({ peer, relay_url }) => [peer, relay_url]), [
    ["bob", RELAY_URL],
  ]);
  assert.match(ill.last_error?.step ?? "", /^pull http:\/\/relay\.test/);
  running.stop.abort();
  await alice.clock.advance(3_000);
  await running.ended();
  const down = await shown();
  assert.deepEqual([down.running, down.answers, down.resting], [false, undefined, undefined]);
});

Deno.test("a daemon that does not answer is shown as running, and as silent", async () => {
  const world = new MailWorld();
  const { alice } = await world.paired();
  const running = new Running(alice);
  await running.next();
  alice.platform.localSockets.connect = () => new Promise(() => {});
  const asked = status.run(beside(alice), status.input.parse({}));
  await alice.clock.settle();
  await alice.clock.advance(1_000);
  const output = await asked;
  assert.ok("daemon" in output);
  const { running: isRunning, answers } = output.daemon;
  assert.deepEqual({ isRunning, answers }, { isRunning: true, answers: false });
  assert.ok(output.daemon.transports !== undefined, "its file says how mail comes");
  running.stop.abort();
  await alice.clock.advance(3_000);
  await running.ended();
});

Deno.test("the words of another home's daemon are not this one's", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const running = new Running(bob);
  await running.next();
  const other = { ...beside(alice), daemon: daemonLink(bob.context.home) };
  await using _lock = await alice.context.home.lockDaemon("wire daemon", { deadlineMs: 0 });
  const output = await status.run(other, status.input.parse({}));
  assert.ok("daemon" in output);
  assert.ok(output.daemon.answers === false);
  running.stop.abort();
  await bob.clock.advance(3_000);
  await running.ended();
});

Deno.test("P8: silent callers and stuck watchers are gone three seconds after the signal", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  await queue(alice, bob, "x");
  world.relay.intercept = () => new Promise(() => {});
  const recovering: Pairing = { ...NO_PAIRING, recover: () => new Promise(() => {}) };
  const running = new Running(alice, { pairing: recovering });
  const ended = running.ended();
  await alice.clock.settle();
  const { localSockets } = alice.platform;
  const address = localSockets.listening.values().next().value?.address;
  assert.ok(address !== undefined);
  for (const text of ["", '{"kind":', '{"kind":"watch"}\n']) {
    const connection = await localSockets.connect(address);
    await connection?.write(new TextEncoder().encode(text));
  }
  await alice.clock.settle();
  running.stop.abort();
  await alice.clock.advance(3_000);
  await ended;
  assert.equal(localSockets.listening.size, 0);
  const { file } = alice.context.home;
  assert.equal(await alice.disk.lockHolder(file.daemonLock), undefined);
  const left = Object.keys(alice.disk.texts());
  for (const path of [file.daemonPid, ADDRESS(alice)]) assert.ok(!left.includes(path), path);
});

Deno.test("what hinders the socket is told once and stops no mail", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  alice.platform.env.variables.set("WIRE_GUARD_SOCKET", "relative.sock");
  const sent = await queue(alice, bob, "all the same");
  const running = new Running(alice);
  assert.deepEqual((await running.next()).push.pushed, [{ event_id: sent, peer: "bob" }]);
  const told = alice.warnings.filter((line) => line.startsWith("daemon: local socket error"));
  assert.equal(told.length, 1);
  assert.match(told[0] ?? "", /WIRE_GUARD_SOCKET says: "relative\.sock" is not an absolute path/);
  assert.equal(await beside(alice).daemon.nudge(), undefined);
  running.stop.abort();
  await alice.clock.advance(3_000);
  await running.ended();
});

Deno.test("what the daemon does not know is refused by name", async () => {
  const world = new MailWorld();
  const { alice } = await world.paired();
  const running = new Running(alice);
  await running.next();
  const { localSockets } = alice.platform;
  const address = localSockets.listening.values().next().value?.address;
  assert.ok(address !== undefined);
  const connection = await localSockets.connect(address);
  await connection?.write(new TextEncoder().encode('{"kind":"make\\u001btea"}\n'));
  const said = new TextDecoder().decode(await connection?.read());
  assert.equal(JSON.parse(said).code, "not_found");
  assert.doesNotMatch(said, /\\u001b/);
  running.stop.abort();
  await running.ended();
});

import assert from "node:assert/strict";
import { pull } from "../client/operations/pull.ts";
import { push } from "../client/operations/push.ts";
import { TELL_MS } from "../client/sync/tell_now.ts";
import { readReceipt } from "../protocol/delivery/receipts.ts";
import { parseEvent } from "../protocol/event/event.ts";
import { eventFrom, MailWorld, neverTold, received, RELAY_URL } from "../tests/fault/mail_world.ts";
import { NO_PAIRING, queue, Running } from "../tests/daemon/running.ts";
import type { Pairing } from "./cycle.ts";

Deno.test("one cycle: push, pull, pairings, in the shape of 0.5.19, and no daemon.pid", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const sent = await queue(alice, bob, "to bob");
  const got = eventFrom(bob, alice, { body: "to alice" });
  world.relay.plant(alice.slotId, got.text);
  const transition = {
    code: "12-ABCDEF",
    from: "polling",
    peer_did: null,
    sas: null,
    to: "aborted",
  };
  const pairing = {
    ...NO_PAIRING,
    tick: () => Promise.resolve({ transitions: [transition], isBusy: false }),
  };
  const running = new Running(alice, { once: true, pairing });
  assert.deepEqual({ ...await running.next(), ts: "" }, {
    pairs: { transitions: [transition] },
    pull: {
      cursor_advanced_to: got.id,
      cursor_blocked: false,
      rejected: [],
      total_seen: 1,
      written: [{ event_id: got.id, from: "bob" }],
    },
    push: { pushed: [{ event_id: sent, peer: "bob" }], skipped: [] },
    ts: "",
  });
  await running.ended();
  assert.equal(alice.disk.texts()[alice.context.home.file.daemonPid], undefined);
});

Deno.test("one cycle tells the senders of what it has pulled, within its time, whatever the relay does", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  await pull.run(alice.context); // what was there before alice could tell is not told
  const [got, later] = ["one", "two"].map((body) => eventFrom(bob, alice, { body }));
  const told = () =>
    world.relay.texts(bob.slotId).map(parseEvent).flatMap(({ value }) =>
      readReceipt(value["body"]).messages.map(({ eventId }) => eventId)
    );
  world.relay.plant(alice.slotId, got?.text ?? "");
  const running = new Running(alice, { once: true });
  await running.next();
  assert.deepEqual(told(), [got?.id], "before the cycle is reported");
  await running.ended();

  world.relay.plant(alice.slotId, later?.text ?? "");
  const isPost = (request: Request) =>
    request.method === "POST" && request.url.includes(bob.slotId);
  world.net.serve(
    RELAY_URL,
    (request) => isPost(request) ? new Promise(() => {}) : world.relay.handle(request),
  );
  const held = new Running(alice, { once: true });
  const report = held.next();
  await alice.clock.advance(TELL_MS);
  assert.equal((await report).pull.written.length, 1);
  await held.ended();
  assert.deepEqual(alice.warnings, []);

  world.net.serve(RELAY_URL, world.relay.handle);
  await new Running(alice, { once: true }).ended();
  assert.deepEqual(told(), [got?.id, later?.id], "it stayed due");
});

Deno.test("lesson 43: a second daemon, push and pull fail at once and name the one that holds the home", async () => {
  const world = new MailWorld();
  const { alice } = await world.paired();
  const first = new Running(alice);
  await first.next();
  const record = JSON.parse(alice.disk.texts()[alice.context.home.file.daemonPid] ?? "");
  assert.deepEqual(Object.keys(record), [
    "schema",
    "pid",
    "bin_path",
    "version",
    "started_at",
    "did",
    "relay_url",
  ]);
  const holder = /^Cannot [^\n]*wire daemon --interval 5 \(pid 4242\)/;
  for (
    const act of [
      () => new Running(alice).next(),
      () => new Running(alice, { once: true }).next(),
      () => push.run(alice.context, {}),
      () => pull.run(alice.context),
    ]
  ) await assert.rejects(act(), { code: "locked", message: holder });
  first.stop.abort();
  await first.ended();
  assert.equal(alice.disk.texts()[alice.context.home.file.daemonPid], undefined);
  assert.equal((await pull.run(alice.context)).total_seen, 0);
});

Deno.test("lesson 42: a stale daemon.pid, also one with our own pid, stops nobody", async () => {
  for (const text of ["4242", "999999", "garbage", '{"schema":"wire-daemon-pid-v1"}']) {
    const world = new MailWorld();
    const { alice } = await world.paired();
    await alice.disk.writeAtomic(alice.context.home.file.daemonPid, text, { point: "test" });
    const running = new Running(alice);
    await running.next();
    running.stop.abort();
    await running.ended();
  }
});

Deno.test("a live daemon of 0.5.19 on the home is refused by everybody who would write", async () => {
  const world = new MailWorld();
  const { alice } = await world.paired();
  alice.platform.processes.living.set(77, ["/usr/bin/wire", "daemon"]);
  await alice.disk.writeAtomic(alice.context.home.file.daemonPid, "77", { point: "test" });
  for (
    const act of [
      () => new Running(alice).next(),
      () => push.run(alice.context, {}),
      () => pull.run(alice.context),
    ]
  ) await assert.rejects(act(), { code: "locked", message: /0\.5\.11.*pid 77/ });
});

Deno.test("lesson 5: what is queued while the daemon runs goes out without waiting for the interval", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const [sender, receiver] = [new Running(alice), new Running(bob)];
  await Promise.all([sender.next(), receiver.next()]);
  await bob.clock.settle();
  const [out, got] = [sender.next(), receiver.next()];
  const id = await queue(alice, bob, "now");
  assert.deepEqual((await out).push.pushed, [{ event_id: id, peer: "bob" }]);
  assert.deepEqual((await got).pull.written, [{ event_id: id, from: "alice" }]);
  assert.deepEqual(received(bob, "alice"), ["now"]);
  for (const running of [sender, receiver]) running.stop.abort();
  await Promise.all([sender.ended(), receiver.ended()]);
});

Deno.test("ruling 1: an agent's line is noticed within a second where no watch tells", async () => {
  const world = new MailWorld();
  const { alice } = await world.paired();
  alice.disk.watch = neverTold;
  const running = new Running(alice, { interval: 3_600 });
  await running.next();
  const next = running.next();
  const { outbox } = alice.context.home.file;
  await alice.disk.append(`${outbox}/bob.jsonl`, '{"type":"note"}\n', { point: "test" });
  await alice.clock.advance(1_000);
  assert.equal((await next).push.pushed.length, 1);
  running.stop.abort();
  await running.ended();
});

Deno.test("a step that fails is told in one line and stops nothing", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const sent = await queue(alice, bob, "to bob");
  await alice.disk.writeAtomic(alice.context.home.file.trust, "{", { point: "test" });
  const pairing: Pairing = {
    recover: () => Promise.reject(new Error("no recovery")),
    tick: () => Promise.reject(new Error("no relay")),
  };
  const running = new Running(alice, { pairing, once: true });
  const { push, pull, pairs } = await running.next();
  assert.deepEqual(push.pushed, [{ event_id: sent, peer: "bob" }]);
  assert.match(pull.error ?? "", /trust\.json/);
  assert.deepEqual([pull.written, pull.rejected, pull.total_seen], [[], [], 0]);
  assert.equal(pairs.error, "no relay");
  await running.ended();
  for (const line of alice.warnings) assert.match(line, /^daemon: (pull|pairing) error: [^\n]+$/);
  assert.equal(alice.warnings.length, 3);
});

Deno.test("P8: told to stop, it ends within three seconds whatever relays and pairings do", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  await queue(alice, bob, "x");
  world.relay.intercept = () => new Promise(() => {});
  const pairing: Pairing = { ...NO_PAIRING, tick: () => new Promise(() => {}) };
  const running = new Running(alice, { pairing });
  const next = running.next();
  await alice.clock.advance(2_000);
  await next;
  running.stop.abort();
  const ended = running.ended();
  await alice.clock.advance(3_000);
  await ended;
  assert.equal(await alice.disk.lockHolder(alice.context.home.file.daemonLock), undefined);
});

Deno.test("one relay that hangs does not hold up mail by another", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const carol = await world.party("carol");
  const dead = {
    relay_url: "http://dead.test",
    slot_id: carol.slotId,
    slot_token: carol.slotToken,
  };
  await alice.context.home.updateRelayState("test", (state) => ({
    ...state,
    peers: { ...state.peers, carol: dead },
  }));
  world.net.serve("http://dead.test", () => new Promise(() => {}));
  await queue(alice, carol, "never");
  const running = new Running(alice);
  const first = running.next();
  await alice.clock.advance(2_000);
  await first;
  const next = running.next();
  const id = await queue(alice, bob, "now");
  await alice.clock.settle();
  assert.equal(world.relay.texts(bob.slotId).length, 1);
  await alice.clock.advance(2_000);
  assert.deepEqual((await next).push.pushed, [{ event_id: id, peer: "bob" }]);
  running.stop.abort();
  await alice.clock.advance(5_000);
  await running.ended();
});

Deno.test("an idle daemon reports once an interval and asks the relay no more often", async () => {
  const world = new MailWorld();
  const { alice } = await world.paired();
  const running = new Running(alice);
  await running.next();
  await alice.clock.settle();
  const asked = () =>
    world.net.requests.filter(({ url }) => url.startsWith(`${RELAY_URL}/v1/events`));
  const before = asked().length;
  for (let cycle = 0; cycle < 3; cycle++) {
    const next = running.next();
    await alice.clock.advance(5_000);
    assert.deepEqual((await next).pull.total_seen, 0);
  }
  assert.ok(asked().length - before <= 5, `${asked().length - before} requests`);
  running.stop.abort();
  await running.ended();
});

Deno.test("lesson 47: a relay that is away is told once, and again when it goes away again", async () => {
  const world = new MailWorld();
  const { alice } = await world.paired();
  const running = new Running(alice);
  const cycle = async (isAway: boolean) => {
    world.net.fail(RELAY_URL, isAway ? "connect" : undefined);
    const next = running.next();
    await alice.clock.advance(5_000);
    await next;
  };
  const told = () => alice.warnings.filter((line) => line.startsWith("daemon: pull")).length;
  await running.next();
  const away: boolean[] = [true, true, false, true];
  const counts: number[] = [];
  for (const isAway of away) {
    await cycle(isAway);
    counts.push(told());
  }
  assert.deepEqual(counts, [1, 1, 1, 2]);
  running.stop.abort();
  await running.ended();
});

for (const now of [undefined, "wire daemon (pid 9999) since 2026-01-01T00:00:00Z"]) {
  Deno.test(`P1: a daemon whose lock is ${now ?? "gone"} ends, says so, and leaves what is not its own`, async () => {
    const world = new MailWorld();
    const { alice } = await world.paired();
    const running = new Running(alice);
    await running.next();
    alice.disk.lockHolder = () => Promise.resolve(now);
    const before = alice.disk.texts();
    const ended = assert.rejects(running.ended(), {
      code: "locked",
      message: /^Cannot go on serving this home: its daemon\.lock is (gone|wire daemon \(pid 9999)/,
    });
    await alice.clock.advance(8_000);
    await ended;
    const address = `${alice.context.home.paths.stateRoot}/guard.addr`;
    assert.equal(alice.disk.texts()[address], before[address]);
  });
}

for (const jump of ["2020-01-01T00:00:00Z", "2031-01-01T00:00:00Z"]) {
  Deno.test(`a wall clock that jumps to ${jump} stops neither what goes nor what comes`, async () => {
    const world = new MailWorld();
    const { alice, bob } = await world.paired();
    const running = new Running(alice);
    await running.next();
    alice.clock.setWallClock(jump);
    const sent = await queue(alice, bob, "after the jump");
    assert.deepEqual((await running.next()).push.pushed, [{ event_id: sent, peer: "bob" }]);
    const got = eventFrom(bob, alice, { body: "to alice" });
    world.relay.plant(alice.slotId, got.text);
    await alice.clock.advance(5_000);
    assert.deepEqual(received(alice, "bob"), ["to alice"]);
    running.stop.abort();
    await alice.clock.advance(3_000);
    await running.ended();
  });
}

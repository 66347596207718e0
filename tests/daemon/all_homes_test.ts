import assert from "node:assert/strict";
import { sessionContext } from "../../client/sessions/session_context.ts";
import type { CycleReport } from "../../daemon/cycle_report.ts";
import { daemonLink } from "../../daemon/link.ts";
import { isSessionName } from "../../store/sessions/session_name.ts";
import { Sessions } from "../../store/sessions/sessions.ts";
import {
  eventFrom,
  handle,
  MailWorld,
  type Party,
  pin,
  received,
  RELAY_URL,
} from "../fault/mail_world.ts";
import { Running } from "./running.ts";

/** A session of that party's machine, with an identity and a mailbox of its own. */
async function session(world: MailWorld, party: Party, name: string): Promise<Party> {
  assert.ok(isSessionName(name));
  const sessions = await Sessions.open(party.platform);
  await sessions.reserve(`/projects/${name}`, name);
  const context = sessionContext(party.context, await sessions.at(name));
  const identity = await context.home.createIdentity({ handle: handle(name) });
  const { slotId, slotToken } = world.relay.makeSlot(100 + name.length);
  await context.home.updateRelayState("test", (state) => ({
    ...state,
    self: { relay_url: RELAY_URL, slot_id: slotId, slot_token: slotToken },
  }));
  return { ...party, handle: handle(name), identity, slotId, slotToken, context };
}

const inboxOf = (party: Party, sender: string): string =>
  party.disk.texts()[`${party.context.home.paths.stateRoot}/inbox/${sender}.jsonl`] ?? "";

/** Reports until every one of these has had its first. */
async function firstRounds(running: Running, sessions: readonly (string | undefined)[]) {
  const seen = new Map<string | undefined, CycleReport>();
  while (sessions.some((name) => !seen.has(name))) {
    const report = await running.next();
    if (!seen.has(report.session)) seen.set(report.session, report);
  }
  return seen;
}

async function twoSessions() {
  const world = new MailWorld();
  const bob = await world.party("bob");
  const [one, other] = [await session(world, bob, "one"), await session(world, bob, "other")];
  const alice = await world.party("alice");
  for (const party of [bob, one, other]) {
    await pin(alice, party);
    await pin(party, alice);
  }
  return { world, alice, bob, one, other };
}

const STOPPING_MS = 3_000;

Deno.test("lesson 36: one process serves this home and every session, each with its own mail", async () => {
  const { world, alice, bob, one, other } = await twoSessions();
  for (const party of [bob, one, other]) {
    const text = eventFrom(alice, party, { body: `for ${party.handle}` }).text;
    world.relay.plant(party.slotId, text);
  }
  const running = new Running(bob, { allSessions: true });
  await firstRounds(running, [undefined, "one", "other"]);
  assert.deepEqual(received(bob, "alice"), ["for bob"]);
  for (const party of [one, other]) {
    assert.match(inboxOf(party, "alice"), RegExp(`for ${party.handle}`));
  }
  for (const { context: { home } } of [bob, one, other]) {
    assert.equal(JSON.parse(bob.disk.texts()[home.file.daemonPid] ?? "").pid, 4242);
    assert.deepEqual((await daemonLink(home).status())?.did, (await home.readIdentity()).did);
  }
  running.stop.abort();
  const ended = running.ended();
  await bob.clock.advance(STOPPING_MS);
  await ended;
  for (const { context: { home } } of [bob, one, other]) {
    assert.equal(await bob.disk.lockHolder(home.file.daemonLock), undefined);
    assert.equal(bob.disk.texts()[home.file.daemonPid], undefined);
  }
});

Deno.test("what stands in one session's mailbox for another is nobody's mail (extensions §3)", async () => {
  const { world, alice, bob, one, other } = await twoSessions();
  const misplaced = eventFrom(alice, other, { body: "for the other one" });
  world.relay.plant(one.slotId, misplaced.text);
  const running = new Running(bob, { allSessions: true });
  const rounds = await firstRounds(running, ["one", "other"]);
  assert.deepEqual(rounds.get("one")?.pull.rejected.map(({ event_id }) => event_id), [
    misplaced.id,
  ]);
  for (const party of [one, other]) assert.equal(inboxOf(party, "alice"), "");
  running.stop.abort();
  await bob.clock.advance(STOPPING_MS);
  await running.ended();
});

Deno.test("P3: one broken home stops no other, is told once, and is served when it is mended", async () => {
  const { world, alice, bob, one, other } = await twoSessions();
  const { card } = one.context.home.file;
  const whole = bob.disk.texts()[card] ?? "";
  await bob.disk.writeAtomic(card, "{", { point: "test" });
  const running = new Running(bob, { allSessions: true });
  await firstRounds(running, [undefined, "other"]);
  await bob.clock.advance(20_000);
  const told = bob.warnings.filter((line) => line.startsWith("daemon: session one error:"));
  assert.equal(told.length, 1);

  world.relay.plant(other.slotId, eventFrom(alice, other, { body: "goes on" }).text);
  await bob.clock.advance(5_000);
  assert.match(inboxOf(other, "alice"), /goes on/);
  await bob.disk.writeAtomic(card, whole, { point: "test" });
  await bob.clock.advance(40_000);
  await firstRounds(running, ["one"]);
  running.stop.abort();
  await bob.clock.advance(STOPPING_MS);
  await running.ended();
});

Deno.test("a session with a daemon of its own keeps it, and is taken up when that ends", async () => {
  const { bob, one } = await twoSessions();
  const own = await one.context.home.lockDaemon("wire daemon", { deadlineMs: 0 });
  const running = new Running(bob, { allSessions: true });
  await firstRounds(running, [undefined, "other"]);
  await bob.clock.advance(10_000);
  const told = bob.warnings.filter((line) => line.startsWith("daemon: session one error:"));
  assert.equal(told.length, 1);
  assert.match(told[0] ?? "", /Cannot start the daemon: wire daemon .* serves this home/);
  await own.release();
  await bob.clock.advance(40_000);
  await firstRounds(running, ["one"]);
  running.stop.abort();
  await bob.clock.advance(STOPPING_MS);
  await running.ended();
});

Deno.test("sessions that come are taken up, sessions that go are let go; a broken registry changes nothing", async () => {
  const world = new MailWorld();
  const bob = await world.party("bob");
  const running = new Running(bob, { allSessions: true });
  await firstRounds(running, [undefined]);
  const late = await session(world, bob, "late");
  await bob.clock.advance(2_000);
  await firstRounds(running, ["late"]);
  const held = () => bob.disk.lockHolder(late.context.home.file.daemonLock);
  assert.match(await held() ?? "", /^wire daemon/);

  const sessions = await Sessions.open(bob.platform);
  const registry = `${sessions.root}/registry.json`;
  const whole = bob.disk.texts()[registry] ?? "";
  await bob.disk.writeAtomic(registry, "{", { point: "test" });
  await bob.clock.advance(6_000);
  assert.match(await held() ?? "", /^wire daemon/);
  assert.equal(bob.warnings.filter((line) => line.startsWith("daemon: sessions error")).length, 1);
  await bob.disk.writeAtomic(registry, whole, { point: "test" });

  const list = Sessions.prototype.list;
  try {
    Sessions.prototype.list = () => Promise.resolve([]);
    await bob.clock.advance(6_000);
    assert.equal(await held(), undefined, "let go");
  } finally {
    Sessions.prototype.list = list;
  }
  running.stop.abort();
  await bob.clock.advance(STOPPING_MS);
  await running.ended();
});

Deno.test("--once goes once through all of them", async () => {
  const { alice, bob, one, world } = await twoSessions();
  world.relay.plant(one.slotId, eventFrom(alice, one, { body: "once" }).text);
  const running = new Running(bob, { allSessions: true, once: true });
  const rounds = await firstRounds(running, [undefined, "one", "other"]);
  assert.equal(rounds.size, 3);
  await running.ended();
  assert.match(inboxOf(one, "alice"), /once/);
});

Deno.test("P8: all of them end within three seconds of the signal, whatever their relays do", async () => {
  const { bob, one, world } = await twoSessions();
  world.relay.intercept = () => new Promise(() => {});
  const running = new Running(bob, { allSessions: true });
  const ended = running.ended();
  await bob.clock.advance(2_500);
  assert.notEqual(await bob.disk.lockHolder(one.context.home.file.daemonLock), undefined);
  running.stop.abort();
  await bob.clock.advance(STOPPING_MS);
  await ended;
  assert.equal(await bob.disk.lockHolder(one.context.home.file.daemonLock), undefined);
});

Deno.test("WIRE_GUARD_SOCKET is about the home itself: sessions keep their own places", async () => {
  const { bob, one } = await twoSessions();
  const given = "/run/of-the-home.sock";
  bob.platform.env.variables.set("WIRE_GUARD_SOCKET", given);
  const running = new Running(bob, { allSessions: true });
  await firstRounds(running, [undefined, "one", "other"]);
  const { listening } = bob.platform.localSockets;
  assert.equal(listening.size, 3);
  assert.ok(listening.has(given));
  assert.ok(listening.has(`${one.context.home.paths.stateRoot}/guard.sock`));
  running.stop.abort();
  await bob.clock.advance(STOPPING_MS);
  await running.ended();
});

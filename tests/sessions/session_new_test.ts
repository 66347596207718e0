import assert from "node:assert/strict";
import { relayUrlOf } from "../../client/mailbox.ts";
import { sessionCurrent } from "../../client/operations/session_current.ts";
import { sessionDestroy } from "../../client/operations/session_destroy.ts";
import { sessionEnv } from "../../client/operations/session_env.ts";
import { sessionList } from "../../client/operations/session_list.ts";
import { sessionListLocal } from "../../client/operations/session_list_local.ts";
import { sessionNew } from "../../client/operations/session_new.ts";
import { ownRoutes } from "../../client/sync/routes.ts";
import { FaultFiles } from "../../platform/fault_files.ts";
import { isSessionName } from "../../store/sessions/session_name.ts";
import { type Session, Sessions } from "../../store/sessions/sessions.ts";
import { RelayWorld } from "../relay/relay_world.ts";
import { FEDERATION, LOCAL, Machine, ROOT, run } from "./machine.ts";

const BARE = { relay: FEDERATION, noDaemon: true } as const;
const BOTH = { ...BARE, withLocal: true } as const;

async function sessionOf(machine: Machine, name: string): Promise<Session> {
  assert.ok(isSessionName(name));
  return await (await Sessions.open(machine.platform("/"))).at(name);
}

async function scopes(machine: Machine, name: string): Promise<string[]> {
  const { home } = await sessionOf(machine, name);
  return ownRoutes(await home.readRelayState()).map(({ scope, shownUrl }) =>
    `${scope} ${shownUrl}`
  );
}

Deno.test("session new makes a home with identity, mailbox and nick, and says only what is there", async () => {
  await using machine = await Machine.start();
  const made = await run(sessionNew, machine.context("/p/My App"), BARE);
  const session = await sessionOf(machine, "my-app");
  const { did } = await session.home.readIdentity();
  assert.deepEqual(made, {
    cwd: "/p/My App",
    did,
    export: `export WIRE_HOME=${ROOT}/my-app`,
    handle: "my-app",
    home_dir: `${ROOT}/my-app`,
    name: "my-app",
    status: "created",
    claimed_nick: "my-app",
    daemon_running: false,
  });
  assert.deepEqual(await scopes(machine, "my-app"), [`federation ${FEDERATION}`]);
  assert.deepEqual(await run(sessionCurrent, machine.context("/p/My App"), {}), {
    cwd: "/p/My App",
    session: "my-app",
    source: "directory",
    home_dir: `${ROOT}/my-app`,
  });
  assert.equal((await run(sessionCurrent, machine.context("/p/My App/src"), {})).session, null);
});

Deno.test("S13: a project called wire gets another nick, and is told which", async () => {
  await using machine = await Machine.start();
  const made = await run(sessionNew, machine.context("/p/wire"), BARE);
  assert.deepEqual([made.name, made.handle, made.claimed_nick], ["wire", "wire", "wire-1"]);
  const again = await run(sessionNew, machine.context("/p/wire"), BARE);
  assert.equal(again.claimed_nick, "wire-1", "the same one, and no second");
});

Deno.test("a nick that somebody else has is passed over; a long name is cut to make room", async () => {
  await using machine = await Machine.start();
  await run(sessionNew, machine.context("/p/app"), BARE);
  const name = "x".repeat(32);
  await run(sessionNew, machine.context("/a"), { ...BARE, name });
  const keeping = { force: true, keepMailboxes: true };
  await run(sessionDestroy, machine.context("/"), { name: "app", ...keeping });
  await run(sessionDestroy, machine.context("/"), { name, ...keeping });
  const [short, long] = [
    await run(sessionNew, machine.context("/p/app"), BARE),
    await run(sessionNew, machine.context("/a"), { ...BARE, name }),
  ];
  assert.equal(short.claimed_nick, "app-1", "the first belongs to a key that is gone");
  assert.equal(long.claimed_nick, `${"x".repeat(30)}-1`);
});

Deno.test("again it changes nothing and asks no relay for anything new", async () => {
  await using machine = await Machine.start();
  const { status: _, ...made } = await run(sessionNew, machine.context("/p/app"), BOTH);
  const before = machine.files.texts();
  const again = await run(sessionNew, machine.context("/p/app"), BOTH);
  assert.deepEqual(again, { ...made, status: "already_exists" });
  assert.deepEqual(machine.files.texts(), before);
});

Deno.test("an existing session is shown also when no relay answers", async () => {
  await using machine = await Machine.start();
  await run(sessionNew, machine.context("/p/app"), BOTH);
  machine.net.fail(FEDERATION, "connect").fail(LOCAL, "connect");
  const again = await run(sessionNew, machine.context("/p/app"), BOTH);
  assert.equal(again.status, "already_exists");
  assert.equal(again.claimed_nick, "app");
});

Deno.test("a relay that is away stops a new session with an error, and the next run finishes it", async () => {
  await using machine = await Machine.start();
  machine.net.fail(FEDERATION, "connect");
  await assert.rejects(run(sessionNew, machine.context("/p/app"), BARE), { code: "unreachable" });
  machine.net.fail(FEDERATION, undefined);
  const made = await run(sessionNew, machine.context("/p/app"), BARE);
  assert.deepEqual([made.name, made.claimed_nick], ["app", "app"]);
});

Deno.test("a directory keeps the session that it has until the one that is to replace it can be reached", async () => {
  await using machine = await Machine.start();
  await run(sessionNew, machine.context("/p/app"), BARE);
  machine.net.fail(FEDERATION, "connect");
  const asked = { ...BARE, name: "other" };
  await assert.rejects(run(sessionNew, machine.context("/p/app"), asked), { code: "unreachable" });
  const current = () => run(sessionCurrent, machine.context("/p/app"), {});
  assert.equal((await current()).session, "app");
  machine.net.fail(FEDERATION, undefined);
  await run(sessionNew, machine.context("/p/app"), asked);
  assert.equal((await current()).session, "other");
  assert.match(machine.warnings.join("\n"), /this directory had session app; it is still there/);
});

Deno.test("nothing is reserved for a command line that cannot work", async () => {
  await using machine = await Machine.start();
  for (
    const input of [
      { ...BARE, relay: "ftp://x" },
      { ...BARE, withLocal: true, localRelay: "x" },
      { ...BARE, withLocal: true, localRelay: "unix:relative" },
      { ...BARE, name: "con" },
    ]
  ) {
    await assert.rejects(run(sessionNew, machine.context("/p/app"), input), { code: "usage" });
  }
  assert.deepEqual(machine.files.texts(), {});
});

Deno.test("S14: a session made before gets its local mailbox by the same command; S15: relay.json names both", async () => {
  await using machine = await Machine.start();
  await run(sessionNew, machine.context("/p/app"), BARE);
  const made = await run(sessionNew, machine.context("/p/app"), BOTH);
  assert.deepEqual(await scopes(machine, "app"), [
    `federation ${FEDERATION}`,
    `local ${LOCAL}`,
  ]);
  const { home } = await sessionOf(machine, "app");
  const local = ownRoutes(await home.readRelayState()).find(({ scope }) => scope === "local");
  assert.deepEqual(made.local_mailbox, { relay_url: LOCAL, slot_id: local?.slotId });
  assert.equal((await machine.files.stat(home.file.relayState))?.mode, 0o600);
});

Deno.test("ruling 7: S16: a probe that fails says so with the commands that help, and costs nothing else", async () => {
  await using machine = await Machine.start();
  machine.net.fail(LOCAL, "connect");
  const made = await run(sessionNew, machine.context("/p/app"), BOTH);
  assert.equal(made.local_mailbox, undefined);
  const said = machine.warnings.join("\n");
  for (
    const part of [
      LOCAL,
      "staying federation-only",
      "wire service install --local-relay",
      "wire relay-server --local-only",
    ]
  ) {
    assert.ok(said.includes(part), part);
  }
});

Deno.test("P8: a local relay that never answers holds nothing up for longer than the probe", async () => {
  await using machine = await Machine.start();
  machine.net.serve(LOCAL, () => new Promise<Response>(() => {}));
  const making = run(sessionNew, machine.context("/p/app"), BOTH);
  while (!machine.net.requests.some(({ url }) => url.startsWith(LOCAL))) {
    await machine.clock.advance(1);
  }
  await machine.clock.advance(2_000);
  assert.equal((await making).local_mailbox, undefined);
});

Deno.test("a local relay that was set up anew gets a new mailbox, in the place of the old one", async () => {
  await using machine = await Machine.start();
  await machine.context("/").relay(relayUrlOf(LOCAL)).allocate("somebody else");
  const before = await run(sessionNew, machine.context("/p/app"), BOTH);
  await using other = new RelayWorld();
  machine.connect(LOCAL, other);
  const after = await run(sessionNew, machine.context("/p/app"), BOTH);
  assert.notEqual(after.local_mailbox?.slot_id, before.local_mailbox?.slot_id);
  assert.equal((await scopes(machine, "app")).length, 2);
});

Deno.test("what 0.5.19 wrote beside relay.json is taken over once, if its relay still knows it", async () => {
  await using machine = await Machine.start();
  await run(sessionNew, machine.context("/p/app"), BARE);
  const { home } = await sessionOf(machine, "app");
  const { slotId, slotToken } = await machine.context("/").relay(relayUrlOf(LOCAL)).allocate("app");
  const endpoint = { relay_url: LOCAL, slot_id: slotId, slot_token: slotToken, scope: "local" };
  const stray = JSON.stringify({ self: { relay_url: FEDERATION, endpoints: [endpoint] } });
  const file = `${home.paths.configRoot}/relay-state.json`;
  await machine.files.writeAtomic(file, stray, { point: "t.p" });
  const made = await run(sessionNew, machine.context("/p/app"), BOTH);
  assert.equal(made.local_mailbox?.slot_id, slotId);
  assert.equal(await machine.files.readText(file), stray);
});

Deno.test("session list-local shows who meets where, from relay.json, without a token; lesson 9: not from what a command claimed", async () => {
  await using machine = await Machine.start();
  await run(sessionNew, machine.context("/p/one"), BOTH);
  await run(sessionNew, machine.context("/p/two"), BARE);
  const shown = await run(sessionListLocal, machine.context("/"), {});
  assert.deepEqual(Object.keys(shown.local), [LOCAL]);
  assert.deepEqual(shown.local[LOCAL]?.map(({ name, cwd }) => [name, cwd]), [["one", "/p/one"]]);
  assert.deepEqual(shown.federation_only, [{ name: "two", handle: "two", cwd: "/p/two" }]);
  assert.doesNotMatch(JSON.stringify(shown), /token|[0-9a-f]{64}/);
});

Deno.test("S17: session list shows every session, whatever directory and home it is asked from, and a broken one beside the others", async () => {
  await using machine = await Machine.start();
  await run(sessionNew, machine.context("/p/one"), BARE);
  await run(sessionNew, machine.context("/p/two"), BARE);
  const { home } = await sessionOf(machine, "one");
  await machine.files.writeAtomic(home.file.card, "{", { point: "t.p" });
  const variables = { WIRE_HOME: `${ROOT}/two` };
  const rows = await run(sessionList, machine.context("/elsewhere", { variables }), {});
  assert.deepEqual(rows.map(({ name, handle, cwd }) => [name, handle, cwd]), [
    ["one", null, "/p/one"],
    ["two", "two", "/p/two"],
  ]);
  assert.match(rows[0]?.problem ?? "", /agent-card\.json/);
});

Deno.test("session env names a session that is there, and else says how to find one", async () => {
  await using machine = await Machine.start();
  await run(sessionNew, machine.context("/p/app"), BARE);
  assert.deepEqual(await run(sessionEnv, machine.context("/"), { name: "App" }), {
    export: `export WIRE_HOME=${ROOT}/app`,
    home_dir: `${ROOT}/app`,
    name: "app",
  });
  assert.equal((await run(sessionEnv, machine.context("/p/app"), {})).name, "app");
  await assert.rejects(run(sessionEnv, machine.context("/"), { name: "nobody" }), {
    code: "not_found",
    message: /no session named "nobody"/,
    hint: /session list.*session new/,
  });
});

Deno.test("S28: a session that was copied is the same identity, and is used when it is asked for by name", async () => {
  await using machine = await Machine.start();
  const { did } = await run(sessionNew, machine.context("/p/app"), BARE);
  for (const [file, text] of Object.entries(machine.files.texts())) {
    if (!file.startsWith(`${ROOT}/app/`)) continue;
    const copy = file.replace(`${ROOT}/app/`, `${ROOT}/copy/`);
    await machine.files.ensureDirectory(copy.slice(0, copy.lastIndexOf("/")));
    const bytes = await machine.files.readBytes(file) ?? new TextEncoder().encode(text);
    await machine.files.writeAtomic(copy, bytes, { point: "t.p" });
  }
  const other = await run(sessionNew, machine.context("/q/copy"), BARE);
  assert.notEqual(other.did, did, "a directory of that name does not get it by itself");
  const asked = await run(sessionNew, machine.context("/q/copy"), { ...BARE, name: "copy" });
  assert.deepEqual([asked.did, asked.status], [did, "already_exists"]);
});

Deno.test("P1: session new killed at any step, the next run ends with one identity and both mailboxes", async () => {
  const counting = await Machine.start();
  const files = new FaultFiles(counting.files);
  await run(sessionNew, counting.context("/p/app", { files }), BOTH);
  await counting[Symbol.asyncDispose]();
  assert.ok(files.steps.some(({ point }) => point === "sessions.registry"));
  for (const { index, point } of files.steps) {
    for (const moment of ["before", "after"] as const) {
      await using machine = await Machine.start();
      const dying = new FaultFiles(machine.files).crashAt(index, moment);
      await assert.rejects(
        run(sessionNew, machine.context("/p/app", { files: dying }), BOTH),
        { name: "Crash" },
        `${moment} ${point}`,
      );
      machine.files.dropLocks();
      const made = await run(sessionNew, machine.context("/p/app"), BOTH);
      assert.equal(made.name, "app", `${moment} ${point}`);
      assert.ok(made.claimed_nick !== undefined, `${moment} ${point}`);
      assert.equal((await scopes(machine, "app")).length, 2, `${moment} ${point}`);
      assert.equal((await run(sessionList, machine.context("/"), {})).length, 1);
    }
  }
});

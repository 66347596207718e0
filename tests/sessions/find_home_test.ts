/** Whose home a command means, when nobody has said it, or somebody has. */
import assert from "node:assert/strict";
import { sessionCurrent } from "../../client/operations/session_current.ts";
import { sessionDestroy } from "../../client/operations/session_destroy.ts";
import { sessionList } from "../../client/operations/session_list.ts";
import { sessionNew } from "../../client/operations/session_new.ts";
import { atHome, findHome } from "../../client/sessions/find_home.ts";
import { wireCommand, wireEnv } from "../../scripts/wire_process.ts";
import { openHome } from "../../store/home/home.ts";
import { isHandle } from "../../protocol/ids.ts";
import { World } from "../e2e/world.ts";
import { FEDERATION, Machine, ROOT, run } from "./machine.ts";

const BARE = { relay: FEDERATION, noDaemon: true } as const;

async function machineWithApp(): Promise<Machine> {
  const machine = await Machine.start();
  await run(sessionNew, machine.context("/p/app"), BARE);
  return machine;
}

Deno.test("M18: WIRE_HOME wins; without it the session of exactly this directory is meant", async () => {
  await using machine = await machineWithApp();
  const found = { source: "directory", directory: `${ROOT}/app` };
  assert.deepEqual(await findHome(machine.platform("/p/app")), found);
  const named = machine.platform("/p/app", { WIRE_HOME: "/srv/own" });
  assert.deepEqual(await findHome(named), { source: "WIRE_HOME", directory: "/srv/own" });
  const home = openHome(atHome(machine.platform("/p/app"), `${ROOT}/app`));
  assert.equal((await home.readIdentity()).handle, "app");
});

Deno.test("lesson 29: a directory below, above or beside has no part in a session, whatever it is called", async () => {
  await using machine = await machineWithApp();
  for (const cwd of ["/p/app/src", "/p", "/", "/q/app", "/p/app/../app", "/P/app", "/p/app/"]) {
    const { source } = await findHome(machine.platform(cwd));
    assert.equal(source, "default", cwd);
  }
});

Deno.test("lesson 28, lesson 29: agents in one directory whose host tells them apart have an identity each", async () => {
  await using machine = await machineWithApp();
  const homes = [];
  for (const WIRE_SESSION_ID of ["tab 1", "tab 2", "tab 1"]) {
    const { source, directory } = await findHome(machine.platform("/p/app", { WIRE_SESSION_ID }));
    assert.equal(source, "WIRE_SESSION_ID");
    homes.push(directory);
  }
  assert.equal(homes[0], homes[2]);
  assert.equal(new Set(homes).size, 2);
  assert.match(homes[0] ?? "", /\/sessions\/key-[0-9a-f]{16}$/);
  const before = await run(sessionList, machine.context("/"), {});
  assert.deepEqual(before.map(({ name }) => name), ["app"], "lesson 33: looking made nothing");
});

Deno.test("lesson 29: the id that a host gives unasked means the home that was made for it, before the directory's; without one it means none", async () => {
  await using machine = await machineWithApp();
  const tab = { CLAUDE_CODE_SESSION_ID: "7f3c" };
  assert.equal((await findHome(machine.platform("/p/app", tab))).source, "directory");
  const named = await findHome(machine.platform("/p/app", { WIRE_SESSION_ID: "7f3c" }));
  const home = openHome(atHome(machine.platform("/p/app"), named.directory ?? ""));
  const handle = "tab";
  assert.ok(isHandle(handle));
  await home.createIdentity({ handle });
  const found = { source: "CLAUDE_CODE_SESSION_ID", directory: named.directory };
  assert.deepEqual(await findHome(machine.platform("/p/app", tab)), found);
  assert.deepEqual(await findHome(machine.platform("/", tab)), found);
  const other = { CLAUDE_CODE_SESSION_ID: "other" };
  assert.equal((await findHome(machine.platform("/p/app", other))).source, "directory");
  const both = { ...tab, WIRE_SESSION_ID: "x" };
  assert.equal((await findHome(machine.platform("/p/app", both))).source, "WIRE_SESSION_ID");
  const strict = { WIRE_STRICT_SESSION: "1" };
  assert.deepEqual(await findHome(machine.platform("/", { ...tab, ...strict })), found);
  await assert.rejects(findHome(machine.platform("/p/app", { ...other, ...strict })), {
    code: "refused",
  });
});

Deno.test("lesson 30: an id that nobody has expanded is refused, not shared by everybody", async () => {
  await using machine = await machineWithApp();
  for (const WIRE_SESSION_ID of ["${CLAUDE_CODE_SESSION_ID}", "$SESSION", "%SESSION%"]) {
    for (const variables of [{ WIRE_SESSION_ID }, { CLAUDE_CODE_SESSION_ID: WIRE_SESSION_ID }]) {
      await assert.rejects(findHome(machine.platform("/p/app", variables)), {
        code: "usage",
        message: /nobody has expanded it/,
      });
    }
  }
});

Deno.test("lesson 34: where WIRE_STRICT_SESSION is set, an identity that nobody named is refused", async () => {
  await using machine = await machineWithApp();
  const WIRE_STRICT_SESSION = "1";
  for (const cwd of ["/p/app", "/"]) {
    await assert.rejects(findHome(machine.platform(cwd, { WIRE_STRICT_SESSION })), {
      code: "refused",
      hint: /WIRE_HOME/,
    });
  }
  const named = machine.platform("/", { WIRE_STRICT_SESSION, WIRE_SESSION_ID: "x" });
  assert.equal((await findHome(named)).source, "WIRE_SESSION_ID");
});

Deno.test("P7: a session whose home is gone, or a registry that is broken, never leads to another identity", async () => {
  await using machine = await machineWithApp();
  await machine.files.removeTree(`${ROOT}/app`, { point: "t.p" });
  await assert.rejects(findHome(machine.platform("/p/app")), {
    code: "not_found",
    message: /its home is gone/,
  });
  const current = await run(sessionCurrent, machine.context("/p/app"), {});
  assert.deepEqual([current.session, current.source], ["app", "none"]);
  await run(sessionDestroy, machine.context("/"), { name: "app" });
  assert.equal((await findHome(machine.platform("/p/app"))).source, "default");
  await machine.files.writeAtomic(`${ROOT}/registry.json`, "{", { point: "t.p" });
  await assert.rejects(findHome(machine.platform("/p/app")), { code: "unreadable" });
});

Deno.test("M18: commands in a project's directory use its session, and what goes on says so", async () => {
  await using world = await World.create();
  await using relay = (await world.relay()).process;
  const [, url = ""] = await relay.line("stderr", /use --relay (\S+);/);
  const project = `${world.directory}/project`;
  await Deno.mkdir(`${project}/src`, { recursive: true });
  const [deno, args] = wireCommand([]);
  const script = `
    cd "$1" && shift && url="$1" && shift
    "$@" session new --relay "$url" --no-daemon --json >/dev/null 2>&1 || exit 1
    "$@" whoami --json && "$@" daemon --once --json >/dev/null
    cd src && "$@" status --json`;
  const { stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", script, "sh", project, url, deno, ...args],
    env: wireEnv({ home: world.directory, env: { WIRE_HOME: "" } }),
    clearEnv: true,
  }).output();
  const [text = "", said = ""] = [stdout, stderr].map((it) => new TextDecoder().decode(it));
  const [who, below] = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.equal(who.handle, "project", said);
  assert.deepEqual(below, { initialized: false });
  assert.match(said, /^wire: home \S*\/sessions\/project \(this directory's session\)/m);
});

/**
 * `wire setup` with every host's file, before and after: tests/golden/setup/. WIRE_UPDATE_GOLDEN=1 writes
 * what comes out anew; look at the difference.
 */
import assert from "node:assert/strict";
import { FaultFiles } from "../../platform/fault_files.ts";
import { setup } from "../../client/operations/setup.ts";
import { HOSTS } from "../../client/setup/hosts.ts";
import { GOLDEN, goldenOf, hostOf, SetupWorld } from "./setup_world.ts";

async function everyHost(): Promise<SetupWorld> {
  const world = await SetupWorld.create();
  for (const host of HOSTS) {
    const { before } = await goldenOf(host.id);
    await world.write(world.fileOf(host), before, 0o640);
  }
  return world;
}

Deno.test("ruling 19, S18: of every host's file only our entry changes, and undo gives back every byte", async () => {
  const world = await everyHost();
  const { hosts } = await world.run({ apply: true });
  assert.deepEqual(hosts.map(({ host }) => host), HOSTS.map(({ id }) => id));
  for (const { host: id, status, backup } of hosts) {
    const { before, after } = await goldenOf(id);
    const file = world.fileOf(hostOf(id));
    const text = world.text(file) ?? "";
    assert.match(status, /^(added|updated)$/, id);
    if (Deno.env.get("WIRE_UPDATE_GOLDEN") !== undefined) {
      await Deno.writeTextFile(new URL(`${id}.after.txt`, GOLDEN), text);
    } else assert.equal(text, after, id);
    assert.equal(world.text(backup ?? ""), before, `${id}: the backup is beside it`);
    assert.ok(backup?.startsWith(file), id);
    assert.equal((await world.platform.files.stat(file))?.mode, 0o640, `${id}: its mode stays`);
    assert.equal((await world.platform.files.stat(backup ?? ""))?.mode, 0o640);
  }
  const again = await world.run({ apply: true });
  assert.deepEqual([...new Set(again.hosts.map(({ status }) => status))], ["unchanged"]);
  const back = await world.run({ undo: true });
  assert.deepEqual([...new Set(back.hosts.map(({ status }) => status))], ["restored"]);
  for (const host of HOSTS) {
    const { before } = await goldenOf(host.id);
    assert.equal(world.text(world.fileOf(host)), before, host.id);
  }
  assert.deepEqual(
    Object.keys(world.platform.files.texts()).filter((name) => /before-wire/.test(name)),
    [],
    "no copies of other people's secrets are left",
  );
});

Deno.test("S18: a project's WIRE_HOME is kept, and the entry of 0.5.19 is taken over", async () => {
  const world = await everyHost();
  await world.run({ apply: true });
  const { mcpServers } = JSON.parse(world.text("/home/tester/project/.mcp.json") ?? "");
  assert.deepEqual(mcpServers.wire, {
    command: "/opt/wire/wire",
    args: ["mcp"],
    env: { WIRE_HOME: "/home/tester/.local/state/wire/sessions/project" },
  });
});

Deno.test("setup: without --apply nothing is written, also not the record of what was", async () => {
  const world = await everyHost();
  const before = world.platform.files.texts();
  const { hosts } = await world.run({});
  assert.ok(hosts.every(({ status }) => status.startsWith("would_")));
  assert.deepEqual(world.platform.files.texts(), before);
});

Deno.test("setup: hosts that are not here get no file; the project's is made", async () => {
  const world = await SetupWorld.create();
  const { hosts } = await world.run({ apply: true });
  const made = hosts.filter(({ status }) => status !== "absent");
  assert.deepEqual(made.map(({ host, status }) => [host, status]), [["project", "created"]]);
  const written = Object.keys(world.platform.files.texts());
  assert.deepEqual(written.filter((name) => !/\/(opt|\.config\/wire)\//.test(name)), [
    "/home/tester/project/.mcp.json",
  ]);
  assert.deepEqual((await world.row("project", { undo: true })).status, "deleted");
  assert.equal(world.text("/home/tester/project/.mcp.json"), undefined);
});

Deno.test("setup: what does not parse is not touched, and what to paste is shown", async () => {
  const cases: Readonly<Record<string, string>> = {
    "cursor": '{ // mine\n "mcpServers": {} }',
    "zed": '// Zed settings\n{ "theme": "x" }',
    "claude-code": '{ "a": 1, }',
    "gemini-cli": '["a"]',
    "vscode": '{ "servers": [] }',
    "codex": "a = \n",
    "project": '{ "mcpServers": { "wire": "mine" } }',
  };
  const world = await SetupWorld.create();
  for (const [id, text] of Object.entries(cases)) await world.write(world.fileOf(hostOf(id)), text);
  const { hosts } = await world.run({ apply: true });
  for (const [id, text] of Object.entries(cases)) {
    const row = hosts.find(({ host }) => host === id);
    assert.equal(row?.status, "untouched", id);
    assert.equal(world.text(world.fileOf(hostOf(id))), text, id);
    assert.match(row?.paste ?? "", /wire[^]*mcp/, id);
  }
  const pasted = JSON.parse(hosts.find(({ host }) => host === "zed")?.paste ?? "");
  assert.deepEqual(pasted, {
    context_servers: { wire: { command: "/opt/wire/wire", args: ["mcp"] } },
  });
});

Deno.test("P7: a file that is not UTF-8 text, or cannot be read, is left alone, and the others are done", async () => {
  const world = await everyHost();
  const { files } = world.platform;
  const cursor = world.fileOf(hostOf("cursor"));
  const bytes = new Uint8Array([0x7b, 0xff, 0x7d]);
  await files.writeAtomic(cursor, bytes, { point: "test" });
  const faulty = new FaultFiles(files).unreadable(world.fileOf(hostOf("zed")));
  const { hosts } = await world.run({ apply: true }, faulty);
  for (const { host, status } of hosts) {
    const isBad = host === "cursor" || host === "zed";
    assert.equal(status === "untouched", isBad, `${host}: ${status}`);
  }
  assert.deepEqual(await files.readBytes(cursor), bytes);
});

Deno.test("P7: a place that cannot be looked at is told, and the others are done", async () => {
  // A file where the host's directory should be.
  const world = await SetupWorld.create();
  await world.write("/home/tester/.pi", "");
  const { hosts } = await world.run({ apply: true });
  assert.equal(hosts.find(({ host }) => host === "pi")?.status, "untouched");
  assert.equal(hosts.find(({ host }) => host === "project")?.status, "created");
});

Deno.test("setup: a person's own command is kept unless told, and a dead one is not", async () => {
  const world = await SetupWorld.create();
  await world.write("/home/tester/bin/wire", "#!");
  const file = world.fileOf(hostOf("cursor"));
  const text = '{"mcpServers":{"wire":{"command":"/home/tester/bin/wire","args":["mcp","-v"]}}}';
  await world.write(file, text);
  const row = await world.row("cursor", { apply: true });
  assert.deepEqual([row.status, row.detail], ["kept", "it starts /home/tester/bin/wire mcp -v"]);
  assert.equal(world.text(file), text);
  assert.equal((await world.row("cursor", { apply: true, replace: true })).status, "updated");
  await world.row("cursor", { undo: true });
  assert.equal(world.text(file), text);
  await world.platform.files.remove("/home/tester/bin/wire", { point: "test" });
  assert.equal((await world.row("cursor", { apply: true })).status, "updated");
});

Deno.test("lesson 40: after wire has moved, our own entry follows, and undo goes back to before both", async () => {
  const world = await SetupWorld.create();
  const file = world.fileOf(hostOf("cursor"));
  const before = '{\n  "mcpServers": {}\n}\n';
  await world.write(file, before);
  await world.row("cursor", { apply: true });
  world.platform.processes.self = {
    executable: "/opt/new/wire",
    prefix: ["run", "/opt/new/main.ts"],
    env: { DENO_DIR: "/cache" },
  };
  await assert.rejects(world.run({ apply: true }), /\/opt\/new\/wire is not there/);
  await world.write("/opt/new/wire", "#!");
  await world.write("/opt/new/main.ts", "");
  assert.equal((await world.row("cursor", { apply: true })).status, "updated");
  const { wire } = JSON.parse(world.text(file) ?? "").mcpServers;
  assert.deepEqual(wire, {
    command: "/opt/new/wire",
    args: ["run", "/opt/new/main.ts", "mcp"],
    env: { DENO_DIR: "/cache" },
  });
  assert.equal((await world.row("cursor", { undo: true })).status, "restored");
  assert.equal(world.text(file), before);
});

Deno.test("setup --undo: what others wrote since stays, and only our entry goes", async () => {
  const world = await SetupWorld.create();
  const file = world.fileOf(hostOf("cursor"));
  await world.write(file, '{\n  "a": 1\n}\n');
  await world.row("cursor", { apply: true });
  await world.write(file, (world.text(file) ?? "").replace('"a": 1', '"a": 2'));
  const row = await world.row("cursor", { undo: true });
  assert.equal(row.status, "removed");
  assert.match(row.detail ?? "", /was changed since 20.*only our entry/);
  assert.equal(world.text(file), '{\n  "a": 2\n}\n');
  assert.deepEqual((await world.run({ undo: true })).hosts, []);
});

Deno.test("setup --undo: applied again on what others wrote, it still ends before the first time", async () => {
  const world = await SetupWorld.create();
  const file = world.fileOf(hostOf("cursor"));
  await world.write(file, '{\n  "a": 1\n}\n');
  await world.row("cursor", { apply: true });
  await world.write(file, (world.text(file) ?? "").replace('"a": 1', '"a": 2'));
  world.platform.processes.self = { executable: "/opt/wire/wire", prefix: ["x"], env: {} };
  await world.row("cursor", { apply: true });
  assert.equal((await world.row("cursor", { undo: true })).status, "removed");
  assert.equal(world.text(file), '{\n  "a": 2\n}\n');
});

Deno.test("setup --undo: an entry that somebody changed since is left, with what it starts and the backup", async () => {
  const world = await SetupWorld.create();
  const file = world.fileOf(hostOf("cursor"));
  await world.write(file, "{}\n");
  await world.row("cursor", { apply: true });
  const changed = (world.text(file) ?? "").replace("/opt/wire/wire", "/elsewhere");
  await world.write(file, changed);
  const row = await world.row("cursor", { undo: true });
  assert.equal(row.status, "left");
  assert.match(row.detail ?? "", /starts \/elsewhere mcp; the backup is .*before-wire$/);
  assert.equal(world.text(file), changed);
});

Deno.test("setup --with-home: the project's files name the home, and nobody else's", async () => {
  const world = await SetupWorld.create({ WIRE_HOME: "/homes/bob" });
  await world.write(world.fileOf(hostOf("cursor")), "{}");
  await world.run({ apply: true, withHome: true });
  const project = JSON.parse(world.text("/home/tester/project/.mcp.json") ?? "");
  assert.deepEqual(project.mcpServers.wire.env, { WIRE_HOME: "/homes/bob" });
  assert.doesNotMatch(world.text(world.fileOf(hostOf("cursor"))) ?? "", /WIRE_HOME/);
  const other = await SetupWorld.create();
  await assert.rejects(other.run({ withHome: true }), /WIRE_HOME is not set/);
});

Deno.test("setup: what others share names the command, where typing it starts this program", async () => {
  const world = await SetupWorld.create({ PATH: "/nowhere:/opt/wire:/usr/bin" });
  await world.run({ apply: true });
  const { mcpServers } = JSON.parse(world.text("/home/tester/project/.mcp.json") ?? "");
  assert.equal(mcpServers.wire.command, "wire");
  const hidden = await SetupWorld.create({ PATH: "/usr/bin:/opt/wire" });
  await hidden.write("/usr/bin/wire", "another");
  await hidden.run({ apply: true });
  const { mcpServers: other } = JSON.parse(hidden.text("/home/tester/project/.mcp.json") ?? "");
  assert.equal(other.wire.command, "/opt/wire/wire");
});

Deno.test("setup: the output fits its schema, and unknown hosts are named", async () => {
  const world = await everyHost();
  setup.output.parse(await world.run({}));
  await assert.rejects(
    world.run({ hosts: ["emacs"] }),
    /Unknown host "emacs": one of claude-code,/,
  );
  await assert.rejects(world.run({ apply: true, undo: true }), /apply and undo at once/);
});

/** `wire setup` as a real process: links, and whether what it writes starts this program. */
import assert from "node:assert/strict";
import { VERSION } from "../../protocol/version.ts";
import { createContext } from "../../client/context.ts";
import { setup } from "../../client/operations/setup.ts";
import { FakeEnv } from "../../platform/fake/env.ts";
import { fakePlatform } from "../../platform/fake/platform.ts";
import { FakeProcesses } from "../../platform/fake/processes.ts";
import { RealClock } from "../../platform/real/clock.ts";
import { RealFiles } from "../../platform/real/files.ts";
import { wireCommand, wireEnv } from "../../scripts/wire_process.ts";
import { World } from "../e2e/world.ts";

/** As a host begins. */
const INITIALIZE = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "test", version: "1" },
  },
});

/** With nothing of our environment, as a desktop starts it. */
async function startsOurServer(
  { command, args, env }: { command: string; args: string[]; env?: Record<string, string> },
  home: string,
): Promise<void> {
  const child = new Deno.Command(command, {
    args,
    env: { HOME: home, ...env },
    cwd: home,
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(INITIALIZE + "\n"));
  await writer.close();
  const { stdout, success } = await child.output();
  assert.ok(success);
  const [line = ""] = new TextDecoder().decode(stdout).split("\n");
  assert.deepEqual(JSON.parse(line).result.serverInfo, { name: "wire", version: VERSION });
}

Deno.test({
  name:
    "lesson 40: a program that a launcher became names the launcher to hosts, and that starts our server",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using world = await World.create();
    const home = world.home("user");
    const launcher = `${world.directory}/bin/wire`;
    await Deno.mkdir(`${world.directory}/bin`);
    await Deno.mkdir(`${home.path}/.cursor`, { recursive: true });
    const [executable, line] = wireCommand([]);
    const env = wireEnv({ home: home.path });
    // As the scripts of the packed forms do.
    await Deno.writeTextFile(
      launcher,
      `#!/bin/sh\nexport DENO_DIR='${env["DENO_DIR"]}' WIRE_LAUNCHER="$0" WIRE_LAUNCHER_PID=$$\n` +
        `exec ${[executable, ...line].map((word) => `'${word}'`).join(" ")} "$@"\n`,
      { mode: 0o755 },
    );
    const { success } = await new Deno.Command(launcher, {
      args: ["setup", "--apply", "--host", "cursor"],
      env,
      clearEnv: true,
      stdout: "null",
      stderr: "null",
    }).output();
    assert.ok(success);
    const written = JSON.parse(await Deno.readTextFile(`${home.path}/.cursor/mcp.json`));
    assert.deepEqual(written.mcpServers.wire, { command: launcher, args: ["mcp"] });
    await startsOurServer(written.mcpServers.wire, home.path);
  },
});

Deno.test({
  name:
    "lesson 40: what setup writes through a link starts this very program, with nothing of our environment",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using world = await World.create();
    const home = world.home("user");
    const real = `${home.path}/dotfiles/cursor.json`;
    await Deno.mkdir(`${home.path}/.cursor`, { recursive: true });
    await Deno.mkdir(`${home.path}/dotfiles`);
    await Deno.writeTextFile(real, '{"mcpServers":{}}');
    await Deno.symlink("../dotfiles/cursor.json", `${home.path}/.cursor/mcp.json`);

    await home.ok(["setup", "--apply", "--host", "cursor"]);
    assert.ok((await Deno.lstat(`${home.path}/.cursor/mcp.json`)).isSymlink);
    const { command, args, env } = JSON.parse(await Deno.readTextFile(real)).mcpServers.wire;
    assert.equal(args.at(-1), "mcp");
    await startsOurServer({ command, args, env }, home.path);

    await home.ok(["setup", "--undo"]);
    assert.equal(await Deno.readTextFile(real), '{"mcpServers":{}}');
    assert.deepEqual((await Array.fromAsync(Deno.readDir(`${home.path}/.cursor`))).length, 1);
  },
});

Deno.test({
  name: "P3: a project's file that is a link to elsewhere is not followed",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using world = await World.create();
    const project = `${world.directory}/project`;
    await Deno.mkdir(project);
    await Deno.symlink("../victim.json", `${project}/.mcp.json`);
    const env = new FakeEnv({
      homeDirectory: world.directory,
      currentDirectory: project,
      variables: { WIRE_HOME: `${world.directory}/home` },
    });
    const self = { executable: Deno.execPath(), prefix: [], env: {} };
    const processes = Object.assign(new FakeProcesses(), { self });
    const files = new RealFiles(new RealClock());
    const context = createContext(fakePlatform({ env, files, processes }), { warn: () => {} });
    const input = setup.input.parse({ apply: true, hosts: ["project"] });
    const [row] = (await setup.run(context, input)).hosts;
    assert.equal(row?.status, "untouched");
    assert.match(row?.detail ?? "", /a link out of the project, to .*victim\.json$/);
    await assert.rejects(Deno.stat(`${world.directory}/victim.json`), Deno.errors.NotFound);
  },
});

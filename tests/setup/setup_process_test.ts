/** `wire setup` as a real process: links, and whether what it writes starts this program. */
import assert from "node:assert/strict";
import { VERSION } from "../../protocol/version.ts";
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
    const child = new Deno.Command(command, {
      args,
      env: { HOME: home.path, ...env },
      cwd: home.path,
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

    await home.ok(["setup", "--undo"]);
    assert.equal(await Deno.readTextFile(real), '{"mcpServers":{}}');
    assert.deepEqual((await Array.fromAsync(Deno.readDir(`${home.path}/.cursor`))).length, 1);
  },
});

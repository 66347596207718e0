/** `wire setup` as a real process: links, and whether what it writes starts this program. */
import assert from "node:assert/strict";
import { VERSION_LINE } from "../../cli/version.ts";
import { World } from "../e2e/world.ts";

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
    const { stdout, success } = await new Deno.Command(command, {
      args: [...args.slice(0, -1), "--version"],
      env: { HOME: home.path, ...env },
      cwd: home.path,
      clearEnv: true,
    }).output();
    assert.ok(success);
    assert.equal(new TextDecoder().decode(stdout), VERSION_LINE + "\n");

    await home.ok(["setup", "--undo"]);
    assert.equal(await Deno.readTextFile(real), '{"mcpServers":{}}');
    assert.deepEqual((await Array.fromAsync(Deno.readDir(`${home.path}/.cursor`))).length, 1);
  },
});

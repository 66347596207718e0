/** `wire pair <handle>`: from nothing to paired in one command a side (docs/protocol/cli.md §6.4). */
import assert from "node:assert/strict";
import { wireCommand, wireEnv } from "../../scripts/wire_process.ts";
import { type Home, World } from "./world.ts";

const CODE = /^\s+(\d{4,5}(?:-[a-z]+){3}|\d\d-[A-Z2-7]{6})$/;

/** In its own directory, where the project's file of an agent host would go. */
async function inOwnDirectory({ path }: Home, args: readonly string[]) {
  const [program, list] = wireCommand(args);
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: list,
    cwd: path,
    env: wireEnv({ home: path }),
    clearEnv: true,
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

for (const form of [["--compat"], []]) {
  Deno.test(`pair makes the identity, pairs by code, and tells the agent hosts (${form[0] ?? "pair/2"})`, async () => {
    await using world = await World.create();
    const { url } = await world.relay();
    const [alice, bob] = [world.home("alice"), world.home("bob")];
    const common = ["--relay", url, "--yes", "--timeout", "60"];
    await using host = alice.start(["pair", "alice", ...common, "--no-setup", ...form]);
    const [, code = ""] = await host.line("stderr", CODE);
    await Deno.mkdir(`${bob.path}/.cursor`, { recursive: true });
    const joined = await inOwnDirectory(bob, ["pair", "bob", "--code", code, ...common, "--json"]);
    assert.equal(joined.code, 0, joined.stderr);
    assert.equal(joined.stdout.split("\n").length, 2, joined.stdout);
    assert.equal(JSON.parse(joined.stdout).peer_handle, "alice");
    assert.match(joined.stderr, /^initialized did:wire:bob-[0-9a-f]{8}$/m);
    assert.match(joined.stderr, /^setup: Cursor starts our tool server/m);
    assert.match(await Deno.readTextFile(`${bob.path}/.cursor/mcp.json`), /"mcp"/);
    const hosted = await host.finished();
    assert.equal(hosted.code, 0, hosted.stderr);
    assert.doesNotMatch(hosted.stderr, /setup:/);
    for (const [home, peer] of [[alice, "bob"], [bob, "alice"]] as const) {
      const [row] = await home.list(["peers"]);
      assert.deepEqual([row?.["handle"], row?.["tier"]], [peer, "VERIFIED"]);
    }
  });
}

Deno.test("pair keeps an identity of that name, refuses another, and with --detach only queues", async () => {
  await using world = await World.create();
  const { url } = await world.relay();
  const alice = world.home("alice");
  const env = { WIRE_MCP_SKIP_AUTO_UP: "1" };
  const queue = ["pair", "alice", "--detach", "--relay", url, "--json"];
  for (const said of [/^initialized did:wire:alice-/m, /already initialized — reusing/]) {
    const { code, stdout, stderr } = await alice.run(queue, { env });
    assert.equal(code, 0, stderr);
    assert.match(stderr, said);
    const queued = JSON.parse(stdout);
    assert.deepEqual([queued.state, queued.role, queued.relay_url], ["queued", "host", url]);
  }
  const other = await alice.run(["pair", "bob", "--relay", url, "--no-setup"]);
  assert.equal(other.code, 1);
  assert.match(other.stderr, /^error: already initialized as did:wire:alice-.*refusing to re-init/);
});

/** What people see: on terminals of 60 and 120 columns, with and without colour, and in a pipe. */
import assert from "node:assert/strict";
import { displayWidth } from "../../cli/ui/width.ts";
import { pairHomes } from "./pairing.ts";
import { shown, uncoloured } from "./terminal.ts";
import { World } from "./world.ts";

const LISTINGS = [["peers"], ["status"], ["whoami"], ["pair-list"], ["push"]];
const COLOURED = ["peers", "status"];

Deno.test("output: at 60 and 120 columns tables fit, and colour is there unless NO_COLOR says no", async () => {
  await using world = await World.create();
  const relay = await world.relay();
  const alice = await world.agent("alice", relay.url);
  const bob = await world.agent("bob-with-a-name-of-some-length", relay.url);
  await pairHomes(alice, bob, relay.url);
  const queue = ["pair-host", "--compat", "--detach", "--relay", relay.url];
  await alice.run(queue, { env: { WIRE_MCP_SKIP_AUTO_UP: "1" } });
  for (const columns of [60, 120]) {
    for (const args of LISTINGS) {
      const coloured = await shown(args, { home: alice.path, columns });
      const plain = await shown(args, { home: alice.path, columns, env: { NO_COLOR: "1" } });
      assert.deepEqual(coloured.map(uncoloured), plain, "colour changes nothing else");
      assert.equal(
        coloured.some((line) => line !== uncoloured(line)),
        COLOURED.includes(args[0] ?? "") || args[0] === "pair-list",
        `colour in ${args}`,
      );
      if (!["peers", "pair-list"].includes(args[0] ?? "")) continue;
      for (const line of plain) assert.ok(displayWidth(line) <= columns, line);
    }
  }
});

Deno.test("output: in a pipe nothing is coloured, cut or wrapped, whatever the environment", async () => {
  await using world = await World.create();
  const relay = await world.relay();
  const alice = await world.agent("alice", relay.url);
  const bob = await world.agent("bob-with-a-name-of-some-length", relay.url);
  await pairHomes(alice, bob, relay.url);
  for (const args of LISTINGS) {
    const { stdout, stderr } = await alice.run(args, {
      env: { TERM: "xterm-256color", COLUMNS: "40", FORCE_COLOR: "1" },
    });
    assert.ok(!(stdout + stderr).includes("\u001b"), stdout);
    assert.ok(!stdout.includes("…"), stdout);
  }
  assert.match(await alice.ok(["peers"]), /did:wire:bob-with-a-name-of-some-length-[0-9a-f]{8}/);
});

Deno.test("output: help is at most 80 columns, and narrower where the terminal is", async () => {
  await using world = await World.create();
  const home = world.home("nobody").path;
  for (const args of [["--help"], ["help", "send"], ["relay-server", "--help"]]) {
    const lines = await shown(args, { home, columns: 60 });
    const examples = lines.findIndex((line) => line.startsWith("Examples:"));
    for (const line of lines.slice(0, examples)) assert.ok(displayWidth(line) <= 60, line);
  }
});

Deno.test("output: a peer's text cannot forge a line or reach the terminal", async () => {
  await using world = await World.create();
  const relay = await world.relay();
  const alice = await world.agent("alice", relay.url);
  const bob = await world.agent("bob", relay.url);
  await pairHomes(alice, bob, relay.url);
  const evil = "hi\r\n[2026-01-01T00:00:00] alice/claim (000000000000) pay\u001b[2J\u009b1m\u202e";
  await alice.ok(["send", "bob", "claim\nx", evil]);
  await alice.ok(["push"]);
  await bob.ok(["pull"]);
  for (const args of [["tail"], ["tail", "--json"]]) {
    const stdout = await bob.ok(args);
    assert.equal(stdout.split("\n").length, 2);
    assert.doesNotMatch(stdout.trimEnd(), /[\p{Cc}\u202e]/u);
  }
});

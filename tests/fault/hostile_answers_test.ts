/**
 * A relay of ours whose answers were changed on their way: every command that asks it ends in one
 * line or as usual, whatever it is told of names, invites, grants and pairings.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { FakeEnv } from "../../platform/fake/env.ts";
import { MemoryFiles } from "../../platform/fake/memory_files.ts";
import { FakeNet } from "../../platform/fake/net.ts";
import { fakePlatform } from "../../platform/fake/platform.ts";
import { FakeRandom } from "../../platform/fake/random.ts";
import { transportError } from "../../platform/transport_error.ts";
import { RelayWorld } from "../relay/relay_world.ts";
import { testRuns } from "../runs.ts";
import { nearly } from "./hostile_json.ts";
import {
  assertDecent,
  assertOneLineError,
  type Contents,
  contentsOf,
  loadEverything,
  runWire,
} from "./hostile_run.ts";
import { SPOILS } from "./hostile_replies.ts";
import { NoAnswer, type Spoil } from "./hostile_relay.ts";

const RELAY_URL = "http://relay.test";
const ROOT = "/alice";

await loadEverything();

interface World {
  readonly relay: RelayWorld;
  /** Of Alice: paired with Bob, asked by Carol, with a nick, mail both ways, and a detached pairing. */
  readonly contents: Contents;
  /** Texts that no command may show. */
  readonly secrets: readonly string[];
  readonly invite: string;
  readonly shortLink: string;
  readonly code: string;
}

let processes = 0;

/** Of one process: what it draws, none before it has drawn. */
function platformOf(relay: RelayWorld, name: string, files: MemoryFiles, spoil?: Spoil) {
  const net = new FakeNet().serve(RELAY_URL, async (request) => {
    const good = await relay.relay.fetch(request.clone(), { remoteAddress: "192.0.2.1" });
    try {
      return spoil === undefined ? good : await spoil(request, good);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      throw transportError(request, error);
    }
  });
  return fakePlatform({
    clock: relay.clock,
    files,
    net,
    random: new FakeRandom(`${name} ${processes++}`),
    env: new FakeEnv({ variables: { WIRE_HOME: `/${name}`, WIRE_MCP_SKIP_AUTO_UP: "1" } }),
  });
}

async function worldOf(): Promise<World> {
  const relay = new RelayWorld();
  const disks = new Map<string, MemoryFiles>();
  const run = async (name: string, ...args: readonly string[]): Promise<string> => {
    const files = disks.get(name) ?? new MemoryFiles({ clock: relay.clock });
    disks.set(name, files);
    const ran = await runWire(args, platformOf(relay, name, files));
    assert.equal(ran.exitCode, 0, `${ran.line}: ${ran.stderr}`);
    return ran.stdout;
  };
  for (const name of ["alice", "bob", "carol", "dave"]) {
    await run(name, "init", name, "--relay", RELAY_URL);
    await run(name, "claim", name, "--public-url", RELAY_URL);
  }
  await run("bob", "accept", (await run("alice", "invite")).trim());
  await run("alice", "pull");
  await run("bob", "pull");
  await run("bob", "send", "alice", "claim", "from bob");
  await run("bob", "push");
  await run("carol", "add", "alice@relay.test", "--relay", RELAY_URL);
  await run("alice", "pull");
  const hosted = JSON.parse(
    await run("alice", "pair-host", "--relay", RELAY_URL, "--detach", "--json"),
  );
  await run("alice", "daemon", "--once");
  await run("bob", "send", "alice", "claim", "waits");
  await run("bob", "push");
  await run("alice", "send", "bob", "claim", "to bob");
  const invite = (await run("dave", "invite", "--uses", "1000")).trim();
  const [shortLink = ""] =
    (await run("dave", "invite", "--uses", "1000", "--share")).match(/http:\S+/) ?? [];
  const disk = disks.get("alice");
  assert.ok(disk !== undefined);
  const { self, peers } = JSON.parse(disk.texts()[`${ROOT}/config/wire/relay.json`] ?? "");
  return {
    relay,
    contents: await contentsOf(disk),
    secrets: [self.slot_token, peers.bob.slot_token],
    invite,
    shortLink,
    code: String(hosted.code_phrase),
  };
}

const commandsIn = ({ invite, shortLink, code }: World): readonly (readonly string[])[] => [
  ["accept", invite],
  ["accept", shortLink],
  ["add", "dave@relay.test", "--relay", RELAY_URL],
  ["bind-relay", RELAY_URL, "--migrate-pinned"],
  ["block", "bob"],
  ["claim", "alice2", "--public-url", RELAY_URL],
  ["daemon", "--once"],
  ["forget-peer", "bob"],
  ["go-back"],
  ["invite", "--share"],
  ["pair", "dave@relay.test", "--relay", RELAY_URL, "--timeout", "1"],
  ["pair-accept", "carol"],
  ["pair-cancel", code],
  ["pair-host", "--relay", RELAY_URL, "--timeout", "1"],
  ["pair-join", "1234-apple-river-stone", "--relay", RELAY_URL, "--timeout", "1"],
  ["profile", "set", "motto", "x"],
  ["pull"],
  ["push"],
  ["responder", "get", "bob"],
  ["responder", "set", "online"],
  ["rotate-slot"],
  ["rotate-slot", "--grants"],
  ["send", "bob", "claim", "x", "--wait", "received", "--timeout", "1"],
  ["status", "--peer", "bob"],
  ["up"],
  ["whois", "bob@relay.test", "--relay", RELAY_URL],
];

async function tryCommand(world: World, args: readonly string[], spoil: Spoil): Promise<void> {
  const { relay, contents, secrets } = world;
  const files = new MemoryFiles({ clock: relay.clock });
  for (const [path, bytes] of contents) {
    await files.ensureDirectory(path.slice(0, path.lastIndexOf("/")) || "/");
    await files.writeAtomic(path, bytes, { point: "test.copy" });
  }
  const ran = await runWire(args, platformOf(relay, "alice", files, spoil), {
    stdin: "n\n",
    interrupt: "when idle",
  });
  assertDecent(ran, secrets);
  if (![0, 3, 4, 130].includes(ran.exitCode)) assertOneLineError(ran);
  const key = `${ROOT}/config/wire/private.key`;
  assert.deepEqual(await files.readBytes(key), contents.get(key));
}

Deno.test("P5, P8: names, invites, grants and pairings at a relay that answers nearly rightly: one line or the usual answer", async () => {
  let world = await worldOf();
  let runs = 0;
  const spoiled = fc.record({
    at: fc.nat(commandsIn(world).length - 1),
    first: fc.nat(6),
    count: fc.constantFrom(1, 1, 3, 100),
    how: fc.constantFrom("nearly", "nearly", "nearly", ...Object.keys(SPOILS)),
    seed: fc.nat(),
  });
  await fc.assert(
    fc.asyncProperty(spoiled, async ({ at, first, count, how, seed }) => {
      // Before its mailboxes are full of what earlier cases have asked for.
      if (++runs % 200 === 0) {
        await world.relay[Symbol.asyncDispose]();
        world = await worldOf();
      }
      let turn = 0;
      const spoil: Spoil = async (request, good) => {
        const now = turn++;
        if (now < first || now >= first + count) return good;
        const known = SPOILS[how];
        if (known !== undefined) return await known(request, good);
        const text = await good.text();
        const headers = { "content-type": "application/json" };
        if (!/^[[{]/.test(text)) return new Response(text, { status: good.status, headers });
        const [body = ""] = fc.sample(nearly(text), { seed: seed + now, numRuns: 1 });
        return new Response(body, { status: good.status, headers });
      };
      await tryCommand(world, commandsIn(world)[at] ?? [], spoil);
    }),
    { numRuns: testRuns(250) },
  );
  await world.relay[Symbol.asyncDispose]();
});

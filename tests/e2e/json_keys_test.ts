/**
 * Every command's `--json`, compared with tests/golden/json_keys.json: keys, their order and their
 * types. WIRE_UPDATE_GOLDEN=1 writes the file anew; look at the difference before you commit it,
 * because `--json` only ever grows (docs/protocol/extensions.md §14 ruling 5).
 */
import assert from "node:assert/strict";
import { COMMANDS } from "../../cli/registry.ts";
import { pairHomes } from "./pairing.ts";
import { type Shape, shapeOf } from "./shape.ts";
import { type Home, World } from "./world.ts";

const GOLDEN = new URL("../golden/json_keys.json", import.meta.url);

/** Runs every command once where it has something to say. */
async function shapes(world: World): Promise<Record<string, Shape>> {
  const found: Record<string, Shape> = {};
  const lines = (name: string, stdout: string): unknown[] => {
    const values = stdout.trimEnd().split("\n").map((line): unknown => JSON.parse(line));
    // Of a stream the last one: those before it depend on who was faster.
    found[name] = shapeOf(values.at(-1));
    return values;
  };
  const run = async (name: string, home: Home, args: readonly string[], stdin = "") => {
    const { stdout, stderr } = await home.run([...args, "--json"], { stdin });
    assert.notEqual(stdout, "", `${name}: ${stderr}`);
    return lines(name, stdout)[0];
  };

  await using relay = world.home("relay-home").start([
    "relay-server",
    "--local-only",
    "--bind",
    "127.0.0.1:0",
    "--json",
  ]);
  const [banner] = await relay.line("stdout", /^\{.*\}$/);
  const { relay_url: url } = JSON.parse(banner);
  found["relay-server"] = shapeOf(JSON.parse(banner));

  const [alice, bob] = [world.home("alice"), world.home("bob")];
  await using tools = alice.start(["mcp", "--http", "127.0.0.1:0", "--json"]);
  const [face] = await tools.line("stdout", /^\{.*\}$/);
  found["mcp"] = shapeOf(JSON.parse(face));
  await run("status, not initialized", alice, ["status"]);
  await run("init", alice, ["init", "alice"]);
  await run("bind-relay", alice, ["bind-relay", url]);
  await run("init --relay", bob, ["init", "bob", "--relay", url]);
  await run("whoami", alice, ["whoami"]);
  const [hosted, joined] = await pairHomes(alice, bob, url);
  found["pair-host"] = shapeOf(hosted);
  found["pair-join"] = shapeOf(joined);
  await run("peers", alice, ["peers"]);
  await run("send", alice, ["send", "bob", "hello"]);
  await run("send, again", alice, ["send", "bob", "hello"]);
  await run("outbox list", alice, ["outbox", "list"]);
  const regretted = await alice.record(["send", "bob", "never mind"]);
  await run("outbox cancel", alice, ["outbox", "cancel", String(regretted["event_id"])]);
  await Deno.writeTextFile(
    `${alice.path}/state/wire/outbox/bob.jsonl`,
    '{"kind":"claim","body":"of an agent"}\n',
    { append: true },
  );
  const listed = await run("outbox list, not signed", alice, ["outbox", "list", "--limit", "1"]);
  const [line = ""] = JSON.stringify(listed).match(/(?<="line":")[0-9a-f]+/) ?? [];
  await run("outbox cancel, not signed", alice, ["outbox", "cancel", line]);
  await run("push", alice, ["push"]);
  await run("status --peer", alice, ["status", "--peer", "bob"]);
  await run("pull", bob, ["pull"]);
  const event = await run("tail", bob, ["tail"]);
  await run("search", bob, ["search", "hello"]);
  await run("search, show", bob, ["search", "--show", String(Object(event)["event_id"])]);
  await run("verify", bob, ["verify", "-"], JSON.stringify(event));
  await run(
    "verify, tampered",
    bob,
    ["verify", "-"],
    JSON.stringify({ ...Object(event), body: 1 }),
  );
  const proved = await alice.record(["send", "bob", "proved", "--wait", "stored"]);
  found["send, wait"] = shapeOf(proved);
  await run("status, message", alice, ["status", String(proved["event_id"])]);
  const opened = await alice.record(["send", "bob", "which?", "--thread", "new"]);
  await run("thread", alice, ["thread", String(opened["thread"])]);
  await run("verify, gaps", bob, ["verify", "--gaps"]);
  await run("notify", bob, ["notify", "--once"]);
  await run("reactor", bob, ["reactor", "--once", "--on-event", "cat"]);
  await using monitor = bob.start(["monitor", "--json", "--replay", "1"]);
  lines("monitor", (await monitor.line("stdout", /^\{.*\}$/))[0]);
  await bob.ok(["send", "alice", "hello"]);
  await run("daemon --once", bob, ["daemon", "--once"]);
  await bob.ok(["notify", "--once"]);
  await run("archive", bob, ["archive", "--older-than", "0d"]);
  await detached(alice, bob, url, run);
  await run("responder set", alice, ["responder", "set", "online", "--reason", "why"]);
  await run("responder get", alice, ["responder", "get"]);
  await run("diag status", bob, ["diag", "status"]);
  await run("diag enable", bob, ["diag", "enable"]);
  await traced(alice, bob, run);
  await run("diag disable", bob, ["diag", "disable"]);
  await run("pair-abandon", alice, ["pair-abandon", "42-K7QX2M", "--relay", url]);
  await run("status", alice, ["status"]);
  await run("rotate-slot", alice, ["rotate-slot"]);
  await run("doctor", world.home("nobody"), ["doctor"]);
  await cared(bob, run);
  await byHand(world, alice, url, run);
  await invited(world, alice, url, run);
  await asked(world, url, run);
  await called(world, run);
  await begun(world, found);
  await administered(world, run);
  await refused(world, url, run);
  await sessioned(world, url, run);
  return found;
}

/** What the daemon of `detached` writes while the trace is on. */
async function traced(alice: Home, bob: Home, run: Run): Promise<void> {
  await using monitor = bob.start(["monitor", "--json", "--replay", "1000"]);
  await alice.ok(["send", "bob", "for the trace"]);
  await monitor.line("stdout", /for the trace/);
  await run("diag tail", bob, ["diag", "tail", "--limit", "1"]);
}

type Run = (name: string, home: Home, args: readonly string[]) => Promise<unknown>;

/** A home without a mailbox knows no relay on this machine as its own. */
async function invited(world: World, alice: Home, url: string, run: Run): Promise<void> {
  const invite = await run("invite", alice, ["invite"]);
  const dave = world.home("dave");
  await run("allow-relay", dave, ["allow-relay", url]);
  await run("accept", dave, ["accept", String(Object(invite)["invite_url"])]);
}

/** The daemon that upgrade starts lives on: go-back ends it. */
async function cared(bob: Home, run: Run): Promise<void> {
  await run("upgrade --check", bob, ["upgrade", "--check"]);
  await run("upgrade", bob, ["upgrade"]);
  await run("go-back", bob, ["go-back"]);
}

/** Whoever comes too late for an invite asks instead. */
async function asked(world: World, url: string, run: Run): Promise<void> {
  const ida = await world.agent("ida", url);
  const { invite_url } = await ida.record(["invite"]);
  for (const name of ["erin", "frank", "grace"]) {
    const guest = await world.agent(name, url);
    await guest.ok(["accept", String(invite_url)]);
  }
  await ida.ok(["pull"]);
  await run("pair-list-inbound", ida, ["pair-list-inbound"]);
  await run("pair-accept", ida, ["pair-accept", "frank"]);
  await run("pair-reject", ida, ["pair-reject", "grace"]);
}

/** By address, on a relay with a directory. */
async function called(world: World, run: Run): Promise<void> {
  await using relay = world.home("directory-home").start([
    "relay-server",
    "--bind",
    "127.0.0.1:0",
    "--data",
    `${world.directory}/directory`,
  ]);
  const [, address = ""] = await relay.line("stderr", /listening on (\S+)/);
  const url = `http://${address}`;
  const [heidi, ivan] = [await world.agent("heidi", url), await world.agent("ivan", url)];
  await run("claim", heidi, ["claim", "heidi"]);
  await run("whois", heidi, ["whois"]);
  await run("whois, by address", ivan, ["whois", "heidi@relay.example.org", "--relay", url]);
  const call = ["add", "heidi@relay.example.org", "--relay", url];
  await run("add", ivan, call);
  await heidi.ok(["pull"]);
  const answered = await heidi.record(["pair-accept", "ivan"]);
  assert.equal(answered["status"], "bilateral_accepted");
  await ivan.ok(["pull"]);
  const [peer] = await ivan.list(["peers"]);
  assert.equal(peer?.["tier"], "VERIFIED", "both sides of an add can write");
  await run("pair", ivan, ["pair", "heidi@relay.example.org", "--relay", url]);
  await run("whois, pinned", ivan, ["whois", "heidi"]);
}

/** Mail of a stranger, who knows the mailbox by hand. */
async function refused(world: World, url: string, run: Run): Promise<void> {
  const [judy, mallory] = [await world.agent("judy", url), await world.agent("mallory", url)];
  const state = JSON.parse(await Deno.readTextFile(`${judy.path}/config/wire/relay.json`));
  const { relay_url, slot_id, slot_token } = state.self;
  await mallory.ok(["pin", `${judy.path}/config/wire/agent-card.json`]);
  await mallory.ok(["add-peer-slot", "judy", relay_url, slot_id, slot_token]);
  await mallory.ok(["send", "judy", "you do not know me"]);
  await mallory.ok(["push"]);
  await judy.ok(["pull"]);
  const [{ key }] = Object(await run("quarantine list", judy, ["quarantine", "list"]))["records"];
  await run("quarantine show", judy, ["quarantine", "show", key]);
  await run("quarantine retry", judy, ["quarantine", "retry"]);
  await run("quarantine drop", judy, ["quarantine", "drop", key]);
}

/** Setting up, without a daemon that would outlive the test. */
async function begun(world: World, found: Record<string, Shape>): Promise<void> {
  const { url } = await world.relay("127.0.0.1:0", "begun-relay");
  const newcomer = world.home("newcomer");
  const env = { WIRE_MCP_SKIP_AUTO_UP: "1" };
  const { stdout } = await newcomer.run(["up", `newcomer@${url}`, "--json"], { env });
  found["up"] = shapeOf(JSON.parse(stdout));
  found["here"] = shapeOf(await newcomer.json(["here"]));
  found["here, nobody"] = shapeOf(await world.home("nobody").json(["here"]));
  found["completions"] = shapeOf(await newcomer.json(["completions", "bash"]));
  found["completions, values"] = shapeOf(
    await newcomer.json(["completions", "--values", "codes", "--typed", "4821-zoo"]),
  );
  await Deno.mkdir(`${newcomer.path}/.cursor`);
  await Deno.writeTextFile(`${newcomer.path}/.cursor/mcp.json`, "{}");
  const setup = ["setup", "--host", "cursor"];
  // How wire is installed here is no part of the shape.
  const { server, ...set } = await newcomer.record([...setup, "--apply"]);
  const installed = { server: { ...Object(server), env: {} }, notes: [""] };
  found["setup"] = shapeOf({ ...set, ...installed });
  const undone = await newcomer.record([...setup, "--undo"]);
  found["setup, undone"] = shapeOf({ ...undone, ...installed });
  for (const action of ["install", "status", "uninstall"]) {
    // Without the service manager of whoever runs the tests.
    const alone = { env: { PATH: world.directory } };
    const { stdout } = await newcomer.run(["service", action, "--json"], alone);
    found[`service ${action}`] = shapeOf(JSON.parse(stdout));
  }
}

/** The relay of `called` has stopped by then. */
async function administered(world: World, run: Run): Promise<void> {
  const operator = world.home("operator");
  const old = `${world.directory}/old-relay`;
  await Deno.mkdir(old);
  await Deno.writeTextFile(`${old}/tokens.json`, JSON.stringify({ ["0".repeat(32)]: "t", x: "t" }));
  await Deno.writeTextFile(`${old}/counters.json`, '{"events_posted_total":1}');
  const admin = (name: string, ...more: string[]): Promise<unknown> => {
    const command = ["relay-admin", name, ...more, "--data", `${world.directory}/directory`];
    return run(`relay-admin ${name}`, operator, command);
  };
  await admin("import", old, "--write");
  await admin("revoke", "0".repeat(32));
  await admin("stats");
  await admin("slots");
  await admin("compact");
  await admin("check");
}

/** Both relays lie on this machine; the second is the one that the sessions meet on. */
async function sessioned(world: World, url: string, run: Run): Promise<void> {
  const machine = world.home("machine");
  await using own = (await world.relay("127.0.0.1:0", "own-relay")).process;
  const [, address = ""] = await own.line("stderr", /use --relay (\S+);/);
  const make = ["session", "new", "--relay", url, "--no-daemon"];
  await run("session list, none", machine, ["session", "list"]);
  await run("session new", machine, [...make, "one"]);
  const local = ["two", "--with-local", "--local-relay", address];
  await run("session new --with-local", machine, [...make, ...local]);
  await run("session list", machine, ["session", "list"]);
  await run("session list-local", machine, ["session", "list-local"]);
  await run("session env", machine, ["session", "env", "two"]);
  await run("session current", machine, ["session", "current"]);
  await run("session destroy", machine, ["session", "destroy", "two", "--force"]);
  const keeping = ["session", "destroy", "one", "--force", "--keep-mailboxes"];
  await run("session destroy --keep-mailboxes", machine, keeping);
  await run("session destroy, again", machine, ["session", "destroy", "two", "--force"]);
  await run("session current, none", machine, ["session", "current"]);
}

async function byHand(world: World, alice: Home, url: string, run: Run): Promise<void> {
  const carol = await world.agent("carol", url);
  await run("pin", carol, ["pin", `${alice.path}/config/wire/agent-card.json`]);
  const slot = [url, "0".repeat(32), "0".repeat(64)];
  await run("add-peer-slot", carol, ["add-peer-slot", "alice", ...slot]);
  const lan = "http://10.0.0.5:8770";
  await carol.ok(["add-peer-slot", "alice", lan, ...slot.slice(1)]);
  await run("allow-relay, taken back", carol, ["allow-relay", lan, "--remove"]);
  await run("peers, unused endpoint", carol, ["peers"]);
  await run("status, unused endpoint", carol, ["status"]);
  await run("block", carol, ["block", "alice", "--note", "why"]);
  await run("blocked", carol, ["blocked"]);
  await run("unblock", carol, ["unblock", "alice"]);
  await run("profile get, unset", carol, ["profile", "get"]);
  await run("profile set", carol, ["profile", "set", "motto", "ship it"]);
  await run("profile set, capabilities", carol, ["profile", "set", "capabilities", "markdown/v1"]);
  await run("profile get", carol, ["profile", "get"]);
  await run("profile clear", carol, ["profile", "clear", "motto"]);
  await run("forget-peer", carol, ["forget-peer", "alice"]);
  await run("forget-peer, not pinned", carol, ["forget-peer", "alice"]);
}

async function detached(
  alice: Home,
  bob: Home,
  url: string,
  run: Run,
): Promise<void> {
  await Promise.all([alice.daemon(), bob.daemon()]);
  const queued = await run("pair-host --detach", alice, [
    "pair-host",
    "--compat",
    "--detach",
    "--relay",
    url,
  ]);
  const code = String(Object(queued)["code_phrase"]);
  await run("pair-join --detach", bob, ["pair-join", code, "--detach", "--relay", url]);
  const watch = ["pair-watch", code, "--timeout", "300"];
  await run("pair-watch", alice, watch);
  const list = await run("pair-list", alice, ["pair-list"]);
  const [{ sas }] = Object(list);
  await run("pair-confirm", alice, ["pair-confirm", code, sas]);
  await bob.ok(watch);
  await run("pair-confirm, mismatch", bob, ["pair-confirm", code, wrong(sas)]);
  const other = await alice.record(["pair-host", "--compat", "--detach", "--relay", url]);
  await run("pair-cancel", alice, ["pair-cancel", String(other["code_phrase"])]);
}

const wrong = (sas: string): string => String((Number(sas) + 1) % 1_000_000).padStart(6, "0");

Deno.test("S1, ruling 5: every command's --json has the keys and types that it always had", async () => {
  await using world = await World.create();
  const found = await shapes(world);
  // Members are called after keys and ports that are new each time.
  const text = JSON.stringify(found, null, 2)
    .replace(/"(ed25519:\w+):[0-9a-f]{8}"/g, '"$1:<fingerprint>"')
    .replace(/"http:\/\/127\.0\.0\.1:\d+": /g, '"<relay>": ') + "\n";
  if (Deno.env.get("WIRE_UPDATE_GOLDEN") !== undefined) await Deno.writeTextFile(GOLDEN, text);
  assert.equal(text, await Deno.readTextFile(GOLDEN));
  for (const { name } of COMMANDS) {
    assert.ok(
      Object.keys(found).some((key) =>
        key === name || key.startsWith(`${name} `) || key.startsWith(`${name},`)
      ),
      `no ${name}`,
    );
  }
});

/** What the seed promises of the tools, row by row (docs/protocol/mcp.md §9), where no other test holds it. */
import assert from "node:assert/strict";
import { lastPassages } from "../../store/home/passages.ts";
import { RELAY } from "../../client/fake/world.ts";
import { listedTools } from "../../mcp/catalogue.ts";
import { FakeEnv } from "../../platform/fake/env.ts";
import { FakeProcesses } from "../../platform/fake/processes.ts";
import { fakePlatform } from "../../platform/fake/platform.ts";
import { Sessions } from "../../store/sessions/sessions.ts";
import { grantingWorld } from "../grants/granting_world.ts";
import { RelayWorld } from "../relay/relay_world.ts";
import { pull } from "../../client/operations/pull.ts";
import { push } from "../../client/operations/push.ts";
import { run } from "../../client/fake/world.ts";
import { served } from "./mcp_world.ts";

type Row = Record<string, unknown>;
const row = (value: unknown): Row => ({ ...Object(value) });

Deno.test("M5 M22: a fresh home is made by a handle, the same handle again is nothing new, another one an error", async () => {
  const platform = fakePlatform();
  await using process = await served({ platform, handle: "fresh" });
  const { client } = process;
  await client.open();
  assert.match(
    await client.failure("wire_whoami"),
    /^not initialized\ncall wire_init with a handle, or ask your operator to run: wire init <handle>$/,
  );
  const missing = await client.failure("wire_pair_initiate", { handle: "ann" });
  assert.equal(missing, "no relay_url provided and no relay bound");
  const me = row(await client.value("wire_whoami"));
  assert.equal(me["handle"], "ann", "made before the relay was missed");
  const again = row(await client.value("wire_init", { handle: "ann" }));
  assert.deepEqual([again["already_initialized"], again["did"]], [true, me["did"]]);
  assert.match(
    await client.failure("wire_init", { handle: "bea" }),
    new RegExp(`^already initialized as ${me["did"]}; refusing to re-init as "bea"`),
  );
});

Deno.test("mcp: null takes a field of the profile away, and a value that is left out is missing", async () => {
  const platform = fakePlatform();
  await using process = await served({ platform, handle: "ann" });
  const { client } = process;
  await client.open();
  await client.value("wire_init", { handle: "ann" });
  await client.value("wire_profile_set", { field: "motto", value: "on wire" });
  const { profile } = row(await client.value("wire_profile_set", { field: "motto", value: null }));
  assert.ok(!Object.hasOwn(row(profile), "motto"));
  assert.equal(await client.failure("wire_profile_set", { field: "motto" }), "missing 'value'");
  assert.equal(await client.failure("wire_tail", { offset: 3 }), "offset: only with event_id");
});

Deno.test("P2: what a tool did before it failed is told beside the failure", async () => {
  const platform = fakePlatform();
  await using process = await served({ platform, handle: "new" });
  const { client } = process;
  await client.open();
  const { content, isError } = await client.tool("wire_claim", { nick: "ann", relay_url: RELAY });
  assert.ok(isError);
  const { did } = row(await client.value("wire_whoami"));
  assert.match(content[1]?.text ?? "", new RegExp(`^warning: .*this home is now ${did}`));
});

Deno.test("M6: what confirms a pairing forbids digits from a tool's output in its own description", async () => {
  const tools = (await listedTools("full")).filter(({ name }) => name.includes("confirm"));
  assert.equal(tools.length, 2);
  for (const { description } of tools) {
    assert.match(description, /OPERATOR typed/);
    assert.match(description, /[Nn]ever (take them )?from a tool's output/);
  }
  for (const { name, description } of await listedTools("full")) {
    if (/^wire_(pair_accept|invite_accept)$/.test(name)) assert.match(description, /OPERATOR/);
  }
});

Deno.test("M9 M11 M12: a request gives nothing until the other side agrees, then both can send; a no is final", async () => {
  await using relay = new RelayWorld();
  const [ida, bob] = [await grantingWorld("ida", relay), await grantingWorld("bob", relay)];
  await using first = await served({ platform: ida.platform, handle: "ida" });
  await using second = await served({ platform: bob.platform, handle: "bob" });
  for (const { client } of [first, second]) await client.open();
  await second.client.value("wire_claim", { nick: "bob", relay_url: RELAY });
  const asked = row(
    await first.client.value("wire_add", { handle: "bob@r.example", relay_url: RELAY }),
  );
  assert.equal(asked["status"], "drop_sent");
  const { passages: [added] } = await lastPassages(ida.home, 10);
  const adding = { op: "add", face: "mcp", proof: "unproved", subject: bob.self.did };
  assert.deepEqual({ ...added, at: "" }, { at: "", ...adding });
  const tier = async ({ client }: typeof first) =>
    row(Object(await client.value("wire_peers"))[0])["tier"];
  assert.equal(await tier(first), "PENDING_ACK");
  await run(pull, bob, {});
  assert.deepEqual(await second.client.value("wire_peers"), []);
  const [waiting] = Object(await second.client.value("wire_pair_list_inbound"));
  assert.equal(waiting.peer_did, ida.self.did);
  const accepted = row(await second.client.value("wire_pair_accept", { peer: "ida" }));
  assert.deepEqual(
    [accepted["status"], accepted["peer_did"], accepted["via"]],
    ["bilateral_accepted", ida.self.did, "pending_inbound"],
  );
  assert.match(String(accepted["warning"]), /unproved/);
  const { passages: [passage] } = await lastPassages(bob.home, 10);
  const recorded = { op: "pair_accept", face: "mcp", proof: "unproved", subject: ida.self.did };
  assert.deepEqual({ ...passage, at: "" }, { at: "", ...recorded });
  await run(pull, ida, {});
  assert.equal(await tier(first), "VERIFIED");
  for (const [{ client }, world, to] of [[first, ida, "bob"], [second, bob, "ida"]] as const) {
    await client.value("wire_send", { peer: to, kind: "claim", body: `hello ${to}` });
    await run(push, world, {});
  }
  await run(pull, ida, {});
  await run(pull, bob, {});
  const [got] = Object(await second.client.value("wire_tail", { peer: "ida" }));
  assert.equal(got.body, "hello bob");

  const eve = await grantingWorld("eve", relay);
  await using third = await served({ platform: eve.platform, handle: "eve" });
  await third.client.open();
  await third.client.value("wire_add", { handle: "bob@r.example", relay_url: RELAY });
  await run(pull, bob, {});
  const no = await second.client.value("wire_pair_reject", { peer: "eve" });
  assert.deepEqual(no, { had_pending: true, peer: "eve", rejected: true });
  await run(pull, bob, {});
  assert.deepEqual(await second.client.value("wire_pair_list_inbound"), []);
});

Deno.test("P4: an invite that one agent minted pairs another, is told as unproved, and is recorded before", async () => {
  await using relay = new RelayWorld();
  const [ida, bob] = [await grantingWorld("ida", relay), await grantingWorld("bob", relay)];
  await using first = await served({ platform: ida.platform, handle: "ida" });
  await using second = await served({ platform: bob.platform, handle: "bob" });
  for (const { client } of [first, second]) await client.open();
  const minted = row(await first.client.value("wire_invite_mint", { relay_url: RELAY }));
  assert.deepEqual([minted["ttl_secs"], minted["uses"]], [86_400, 1]);
  const url = minted["invite_url"];
  const short = await second.client.failure("wire_invite_accept", {
    url: "https://r.example/i/ab",
  });
  assert.match(short, /^not an invite: expected a wire:\/\/pair\? URL/);
  assert.deepEqual((await lastPassages(bob.home, 10)).passages, []);
  const accepted = row(await second.client.value("wire_invite_accept", { url }));
  assert.deepEqual(
    [accepted["status"], accepted["paired_with"], accepted["peer_handle"]],
    ["drop_sent", ida.self.did, "ida"],
  );
  assert.match(String(accepted["warning"]), /unproved/);
  const { passages: [passage] } = await lastPassages(bob.home, 10);
  const recorded = { op: "accept_invite", face: "mcp", proof: "unproved", subject: ida.self.did };
  assert.deepEqual({ ...passage, at: "" }, { at: "", ...recorded });
  await run(pull, ida, {});
  const [peer] = Object(await first.client.value("wire_peers"));
  assert.equal(row(peer)["did"], bob.self.did);
  await second.client.value("wire_send", { peer: "ida", kind: "claim", body: "hello ida" });
  await run(push, bob, {});
  await run(pull, ida, {});
  const [got] = Object(await first.client.value("wire_tail", { peer: "bob" }));
  assert.equal(got.body, "hello ida");
});

Deno.test("M16: whatever needs the daemon asks for it", async () => {
  const processes = new FakeProcesses();
  const platform = fakePlatform({
    processes,
    env: new FakeEnv({ variables: { WIRE_HOME: "/ann" } }),
  });
  const world = { ...platform, handle: "ann", platform };
  await using process = await served(world, { mayStartDaemon: true });
  const { client } = process;
  await client.open();
  await client.value("wire_init", { handle: "ann" });
  const sending = client.tool("wire_send", { peer: "bob", kind: "claim", body: "x" });
  let isDone = false;
  sending.finally(() => void (isDone = true));
  while (!isDone) await platform.clock.advance(500);
  assert.deepEqual(processes.spawned.map(({ args }) => args[0]), ["daemon"]);
  assert.match(
    String(row(JSON.parse((await sending).content[0]?.text ?? ""))["warning"]),
    /daemon/,
  );
});

Deno.test("M18 lessons 29, 34: without WIRE_HOME the directory's own session is served, told, and looked up at each call", async () => {
  const env = new FakeEnv({
    currentDirectory: "/src/app",
    variables: { WIRE_MCP_SKIP_AUTO_UP: "1" },
  });
  const platform = fakePlatform({ env });
  await using process = await served({ platform, handle: "" }, { env });
  const { client } = process;
  assert.match(
    String((await client.open())["instructions"]),
    /the user's own, since nothing names/,
  );
  const own = row(await client.value("wire_init", { handle: "own" }));
  const sessions = await Sessions.open(platform);
  const { name } = await sessions.reserve("/src/app", undefined);
  const { directory, home } = await sessions.at(name);
  await home.ensureRoots();
  const made = row(await client.value("wire_init", { handle: "app" }));
  assert.notEqual(made["config_dir"], own["config_dir"]);
  assert.ok(String(made["config_dir"]).startsWith(directory));
  await using again = await served({ platform, handle: "" }, { env });
  const { instructions } = await again.client.open();
  assert.match(String(instructions), /You are app .*the session of the directory/);
  env.variables.set("WIRE_HOME", "/mine");
  const me = await client.failure("wire_whoami");
  assert.match(me, /^not initialized/, "what is set wins");
});

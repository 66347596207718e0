/**
 * P9: each tool against its command. Two equal homes in two equal worlds: one is told by the tool, the
 * other by the command line; what they answer and what then stands on their disks is compared.
 */
import assert from "node:assert/strict";
import { COMMANDS } from "../../cli/registry.ts";
import { runProgram } from "../../cli/program.ts";
import { CATALOGUE } from "../../mcp/catalogue.ts";
import { FakeEnv } from "../../platform/fake/env.ts";
import { FakeTerminal } from "../../platform/fake/terminal.ts";
import { InboundRequest, PendingInbound } from "../../store/home/pending_inbound.ts";
import { InboxWriter } from "../../store/mail/inbox.ts";
import { eventFrom, MailWorld, type Party, RELAY_URL } from "../fault/mail_world.ts";
import { served } from "./mcp_world.ts";

interface World {
  readonly bob: Party;
  /** As `wire verify -` reads it. */
  readonly event: string;
}

/** The same each time, to the last byte. */
async function world(): Promise<World> {
  const mail = new MailWorld();
  const { alice, bob } = await mail.paired();
  const event = eventFrom(alice, bob, { body: "the plan is green" });
  const { disk, platform: { databases }, context: { home } } = bob;
  const inbox = new InboxWriter({ files: disk, databases, stateRoot: home.paths.stateRoot });
  await inbox.store(alice.handle, [event]);
  await new PendingInbound(home).offer(InboundRequest.parse({
    peer_handle: "mallory",
    peer_did: "did:wire:mallory-00000000",
    peer_card: { profile: { vibe: "hi" } },
    peer_relay_url: RELAY_URL,
    peer_slot_id: "1".repeat(32),
    peer_slot_token: "2".repeat(64),
    event_id: "e".repeat(64),
    event_timestamp: "2026-01-01T00:00:00Z",
    received_at: "2026-01-01T00:00:00Z",
  }));
  return { bob, event: event.text };
}

// Loaded before any time passes: while a module is read the clocks of the two worlds would part.
await Promise.all([...COMMANDS, ...CATALOGUE].map(({ load }) => load()));

type Args = Record<string, unknown>;
type Disk = Readonly<Record<string, string>>;

interface Outcome {
  readonly failed: boolean;
  readonly value: unknown;
  readonly disk: Disk;
}

/** In which whatever waits for no clock is over, modules that are loaded from the disk included. */
const REAL_MS = 100;

/**
 * Time passes only for who waits for it, as for a relay that does not answer: else the two faces of a
 * busy machine would write other times.
 */
async function inTime<T>({ clock }: Party, work: Promise<T>): Promise<T> {
  let isDone = false;
  const ended = work.then(() => {}, () => {}).finally(() => isDone = true);
  while (!isDone) {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, REAL_MS);
    await Promise.race([ended, late.promise]);
    clearTimeout(timer);
    if (!isDone) await clock.advance(1_000);
  }
  return await work;
}

async function byTool(tool: string, argsOf: (w: World) => Args): Promise<Outcome> {
  const it = await world();
  const { bob } = it;
  const process = await served({ platform: bob.platform, handle: "bob" });
  await process.client.open();
  const result = await inTime(bob, process.client.tool(tool, argsOf(it)));
  await process.end();
  const failed = result.isError === true;
  const text = result.content[0]?.text ?? "";
  return { failed, value: failed ? text : JSON.parse(text), disk: bob.disk.texts() };
}

async function byCommand(line: readonly string[], stdin: (w: World) => string): Promise<Outcome> {
  const it = await world();
  const { bob } = it;
  const terminal = new FakeTerminal();
  terminal.stdin.type(stdin(it));
  terminal.stdin.end();
  const env = new FakeEnv({ variables: { WIRE_HOME: "/bob", WIRE_MCP_SKIP_AUTO_UP: "1" } });
  const platform = { ...bob.platform, env, terminal };
  const code = await inTime(bob, runProgram([...line, "--json"], platform));
  const lines = terminal.stdout.text.trimEnd().split("\n").filter((one) => one !== "");
  const values = lines.map((one): unknown => JSON.parse(one));
  const failed = code !== 0;
  const value = failed ? terminal.stderr.text : line[0] === "tail" ? values : values[0];
  return { failed, value, disk: bob.disk.texts() };
}

interface Twin {
  readonly tool: string;
  readonly args?: Args | ((w: World) => Args);
  readonly line: readonly string[];
  readonly stdin?: (w: World) => string;
  /** Members of a tool's answer that are its own. */
  readonly own?: readonly string[];
  /** Members of the command's answer that the tool leaves out. */
  readonly less?: readonly string[];
  /** What the tool's answer lies in. */
  readonly of?: string;
}

const INVITE = "wire://pair?v=1&inv=AAAA";
const MARKS = ["_peer", "~peer"];

const TWINS: readonly Twin[] = [
  { tool: "wire_whoami", line: ["whoami"] },
  { tool: "wire_peers", line: ["peers"] },
  {
    tool: "wire_send",
    args: { peer: "alice", kind: "decision", body: "ship it" },
    line: ["send", "alice", "decision", "ship it"],
  },
  { tool: "wire_tail", line: ["tail"], own: MARKS },
  {
    tool: "wire_verify",
    args: ({ event }) => ({ event }),
    line: ["verify", "-"],
    stdin: ({ event }) => event,
  },
  {
    tool: "wire_init",
    args: { handle: "other" },
    line: ["init", "other"],
  },
  {
    tool: "wire_pair_initiate_detached",
    args: { relay_url: RELAY_URL, compat: true },
    line: ["pair-host", "--compat", "--detach", "--relay", RELAY_URL],
    own: ["next"],
    less: ["daemon_spawned", "role"],
  },
  {
    tool: "wire_pair_join_detached",
    args: { code_phrase: "42-K7QX2M", relay_url: RELAY_URL },
    line: ["pair-join", "42-K7QX2M", "--detach", "--relay", RELAY_URL],
    own: ["next"],
    less: ["daemon_spawned", "role"],
  },
  { tool: "wire_pair_list_pending", line: ["pair-list"], of: "pending" },
  {
    tool: "wire_pair_confirm_detached",
    args: { code_phrase: "42-K7QX2M", user_typed_digits: "123456" },
    line: ["pair-confirm", "42-K7QX2M", "123456"],
  },
  { tool: "wire_invite_mint", line: ["invite"], less: ["relay"] },
  { tool: "wire_invite_accept", args: { url: INVITE }, line: ["accept", INVITE] },
  {
    tool: "wire_add",
    args: { handle: "eve@relay.test", relay_url: RELAY_URL },
    line: ["add", "eve@relay.test", "--relay", RELAY_URL],
  },
  { tool: "wire_pair_accept", args: { peer: "mallory" }, line: ["pair-accept", "mallory"] },
  { tool: "wire_pair_reject", args: { peer: "mallory" }, line: ["pair-reject", "mallory"] },
  {
    tool: "wire_pair_list_inbound",
    line: ["pair-list-inbound"],
    own: [...MARKS, "profile"],
    less: ["peer_card", "peer_endpoints", "event_timestamp"],
  },
  { tool: "wire_claim", args: { nick: "bobby" }, line: ["claim", "bobby"] },
  { tool: "wire_whois", args: { handle: "alice" }, line: ["whois", "alice"], own: MARKS },
  {
    tool: "wire_profile_set",
    args: { field: "motto", value: "on wire" },
    line: ["profile", "set", "motto", "on wire"],
  },
  { tool: "wire_profile_get", line: ["profile", "get"] },
  { tool: "wire_status", args: { event_id: "00000000" }, line: ["status", "00000000"] },
  { tool: "wire_search", args: { text: "green" }, line: ["search", "green"], own: MARKS },
];

/** Tools whose conversation no single command line has, and the test that holds them. */
const NO_TWIN: Readonly<Record<string, string>> = {
  wire_pair_initiate: "pairing_test.ts",
  wire_pair_join: "pairing_test.ts",
  wire_pair_check: "pairing_test.ts",
  wire_pair_confirm: "pairing_test.ts",
  wire_pair_cancel_pending: "pairing_test.ts",
  wire_thread: "messages_test.ts",
  wire_wait: "messages_test.ts",
};

/** Without members that only one side has, at any depth. */
function without(value: unknown, members: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => without(item, members));
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([name]) => !members.includes(name));
  return Object.fromEntries(kept.map(([name, inner]) => [name, without(inner, members)]));
}

/** The command's first line, without `error: `; of a tool the first line of its text. */
const firstLine = (text: unknown): string =>
  (String(text).split("\n").find((line) => line.startsWith("error: ")) ??
    String(text).split("\n")[0] ?? "")
    .replace(/^error: /, "");

for (const { tool, args = {}, line, stdin = () => "", own = [], less = [], of } of TWINS) {
  Deno.test(`P9 lesson 14: ${tool} answers as wire ${line[0]} does, and leaves the same on the disk`, async () => {
    const [left, right] = [
      await byTool(tool, typeof args === "function" ? args : () => args),
      await byCommand(line, stdin),
    ];
    assert.equal(
      left.failed,
      right.failed,
      `${JSON.stringify(left.value)}\n${JSON.stringify(right.value)}`,
    );
    assert.deepEqual(left.disk, right.disk);
    if (left.failed) {
      // A tool may say its failure in the words of mcp.md.
      assert.ok(firstLine(left.value) !== "" && firstLine(right.value) !== "");
      return;
    }
    const value = of === undefined ? left.value : Object(left.value)[of];
    assert.deepEqual(without(value, [...own, "warning"]), without(right.value, less));
  });
}

Deno.test("P9: every tool has its command here, or a test of its own", () => {
  const held = new Set([...TWINS.map(({ tool }) => tool), ...Object.keys(NO_TWIN)]);
  assert.deepEqual(CATALOGUE.map(({ name }) => name).filter((name) => !held.has(name)), []);
});

/** Pairing by digits between ours and 0.5.19, in every combination of roles and forms. */
import assert from "node:assert/strict";
import type { Home } from "../e2e/world.ts";
import { ReferenceDaemon } from "./reference/daemon.ts";
import type { ReferenceHome } from "./reference/home.ts";
import { at, text } from "./reference/json.ts";
import { pull, push, send } from "./reference/mail.ts";
import { confirm, pairInForeground, queue, type Role } from "./reference/pairing.ts";
import { listPending } from "./reference/pending.ts";
import { dashed, makeCode } from "./reference/spake2.ts";
import { homeProblems } from "./reference/strict.ts";
import { checkToken } from "./two.ts";
import { InteropWorld, until } from "./world.ts";

const CODE = /^\s+(\d\d-[A-Z2-7]{6})$/;
const DIGITS = /(?<!\d)(\d{3}-\d{3})(?!\d)/;

/** One message each way, verified on both sides. */
async function talk(ours: Home, theirs: ReferenceHome): Promise<void> {
  const there = await ours.record(["send", await theirs.handle(), "decision", "ship it"]);
  await ours.ok(["push"]);
  const pulled = await pull(theirs);
  assert.deepEqual(pulled.rejected, []);
  assert.deepEqual(pulled.written, [there["event_id"]]);
  const back = await send(theirs, { peer: ours.name, kind: "ack", body: "shipped" });
  const pushed = await push(theirs, "daemon");
  assert.deepEqual(pushed.pushed, [back], pushed.failed.join());
  const got = await ours.record(["pull"]);
  assert.deepEqual(got["written"], [{ event_id: back, from: await theirs.handle() }]);
  assert.match(await ours.ok(["tail"]), /ack\] shipped \| sig ✓\n$/);
}

async function checkPinned(ours: Home, theirs: ReferenceHome): Promise<void> {
  const [peer] = await ours.list(["peers"]);
  assert.equal(peer?.["handle"], await theirs.handle());
  assert.equal(peer?.["tier"], "VERIFIED");
  assert.equal(peer?.["did"], await theirs.did());
  assert.equal(text(await theirs.trust(), "agents", ours.name, "tier"), "VERIFIED");
  const { did } = await ours.record(["whoami"]);
  assert.equal(text(await theirs.trust(), "agents", ours.name, "did"), did);
}

/** Ours in a terminal-less foreground. @returns its result line */
async function foreground(
  { url }: InteropWorld,
  ours: Home,
  theirs: ReferenceHome,
  role: Role,
): Promise<void> {
  const code = makeCode();
  const args = ["--relay", url, "--timeout", "300"];
  await using process = ours.start(
    role === "host" ? ["pair-host", "--compat", ...args] : ["pair-join", code, ...args],
  );
  const shown = role === "host" ? (await process.line("stderr", CODE))[1] ?? "" : code;
  const result = await pairInForeground(theirs, {
    role: role === "host" ? "guest" : "host",
    relayUrl: url,
    code: shown,
    matches: async (digits) => {
      const [, ourDigits] = await process.line("stderr", DIGITS);
      await process.write("y\n");
      return digits === ourDigits;
    },
  });
  const finished = await process.finished();
  assert.equal(finished.code, 0, finished.stderr);
  const line = JSON.parse(finished.stdout);
  assert.equal(line.sas, text(result, "sas"));
  assert.equal(line.paired_with, await theirs.did());
  assert.equal(text(result, "peer_handle"), ours.name);
}

/** Who is opposite matters more than the relay: of the matrix a 0.5.19 relay sees one half. */
const MATRIX = [
  ["our relay", "host", "in the foreground", "BOB"],
  ["our relay", "guest", "in the foreground", "__proto__"],
  ["our relay", "host", "by its daemon", "bob"],
  ["our relay", "guest", "by its daemon", "bob"],
  ["a 0.5.19 relay", "guest", "in the foreground", "agent-deadbeef"],
  ["a 0.5.19 relay", "host", "by its daemon", "bob"],
] as const;

for (const [kind, role, form, name] of MATRIX) {
  Deno.test(`interop: on ${kind}, ours ${form} as ${role}, 0.5.19 likewise as ${name}`, async () => {
    await using world = await InteropWorld.create(kind);
    const ours = await world.world.agent("alice", world.url);
    const theirs = await world.referencePeer(name);
    if (form === "by its daemon") return await detached(world, ours, theirs, role);
    await foreground(world, ours, theirs, role);
    await checkPinned(ours, theirs);
    await talk(ours, theirs);
    await checkToken({ world, ours, theirs });
    assert.deepEqual(await homeProblems(theirs), []);
  });
}

async function detached(
  world: InteropWorld,
  ours: Home,
  theirs: ReferenceHome,
  role: Role,
): Promise<void> {
  const { url } = world;
  const daemon = await ours.daemon(["--interval", "1"]);
  await using opposite = await ReferenceDaemon.start(theirs);
  let code: string;
  if (role === "host") {
    code = String(
      (await ours.record(["pair-host", "--compat", "--detach", "--relay", url]))["code_phrase"],
    );
    await queue(theirs, "guest", url, code);
  } else {
    code = await queue(theirs, "host", url);
    await ours.record(["pair-join", code, "--detach", "--relay", url]);
  }
  await ours.ok(["pair-watch", code, "--timeout", "300"]);
  const [record] = await ours.list(["pair-list"]);
  await until(async () => (await listPending(theirs))[0]?.status === "sas_ready", opposite.log);
  assert.equal((await listPending(theirs))[0]?.sas, record?.["sas"]);
  const watcher = ours.start([
    "pair-watch",
    code,
    "--status",
    "never",
    "--timeout",
    "300",
    "--json",
  ]);
  await watcher.line("stdout", /sas_ready/);
  await confirm(theirs, code);
  await ours.record(["pair-confirm", code, dashed(String(record?.["sas"]))]);
  assert.equal((await watcher.finished()).code, 0, watcher.text("stderr"));
  await until(async () => (await listPending(theirs)).length === 0, opposite.log);
  await checkPinned(ours, theirs);
  const monitor = ours.monitor();
  const sent = await send(theirs, { peer: "alice", body: "by daemon", byTool: true });
  await monitor.line("stdout", new RegExp(`"event_id":"${sent}".*"verified":true`));
  const { event_id } = await ours.record(["send", "bob", "and back"]);
  await until(
    async () =>
      (await theirs.inbox("alice")).some((line) => line.includes(`"event_id":"${event_id}"`)),
    opposite.log,
  );
  daemon.kill("SIGTERM");
  assert.equal((await daemon.finished()).code, 0);
  assert.equal(at(await theirs.relayState(), "peers", "alice", "endpoints"), undefined);
  await checkToken({ world, ours, theirs });
}

/**
 * A home goes from 0.5.19 to ours and back, in the middle of its work: nothing is lost, doubled or
 * left in a form that the other would not read. See docs/protocol/identity-and-events.md §29.
 */
import assert from "node:assert/strict";
import type { Home } from "../e2e/world.ts";
import { PairDaemon } from "./reference/pairing.ts";
import { pidFileForm, ReferenceDaemon, writePid } from "./reference/daemon.ts";
import type { ReferenceHome } from "./reference/home.ts";
import { parse, text } from "./reference/json.ts";
import { pull, push, send } from "./reference/mail.ts";
import { confirm, queue } from "./reference/pairing.ts";
import { listPending } from "./reference/pending.ts";
import { dashed } from "./reference/spake2.ts";
import { foreignConfigFiles, homeProblems } from "./reference/strict.ts";
import { pinEachOther, takenOver } from "./peers.ts";
import { InteropWorld, until } from "./world.ts";

const ids = (lines: readonly string[]): string[] =>
  lines.map((line) => text(parse(line), "event_id"));

/** Alice, who has worked with 0.5.19 for a while, and bob, who goes on with it. */
async function inUse(world: InteropWorld): Promise<readonly [ReferenceHome, ReferenceHome]> {
  const alice = await world.referencePeer("alice");
  const bob = await world.referencePeer("bob");
  await pinEachOther(alice, bob);
  for (const body of ["one", "two", "three"]) await send(alice, { peer: "bob", body });
  for (const body of ["eins", "zwei"]) await send(bob, { peer: "alice", body, byTool: true });
  await push(alice, "daemon");
  await push(bob, "daemon");
  await pull(alice);
  await pull(bob);
  await send(alice, { peer: "bob@relay.test", body: "four", deadline: "2030-01-01T00:00:00Z" });
  await Deno.writeTextFile(`${alice.config}/relay.lock`, "");
  await writePid(alice, 4_194_300);
  for (const file of ["trust.json", "agent-card.json"]) {
    await Deno.chmod(`${alice.config}/${file}`, 0o644);
  }
  return [alice, bob];
}

const ours = ({ world }: InteropWorld, home: ReferenceHome): Home =>
  world.home(home.path.split("/").at(-1) ?? "");

Deno.test("hand-over: a home of 0.5.19 works on in ours, and every file stays as 0.5.19 reads it", async () => {
  await using world = await InteropWorld.create("our relay");
  const [files, bob] = await inUse(world);
  const before = await snapshot(files);
  const alice = ours(world, files);

  assert.equal((await alice.record(["whoami"]))["did"], await files.did());
  const [peer] = await alice.list(["peers"]);
  assert.equal(peer?.["tier"], "VERIFIED");
  const status = await alice.record(["status"]);
  const { events, files: count } = Object(status["outbox"]);
  assert.deepEqual({ events, files: count }, { events: 4, files: 1 });
  assert.deepEqual(status["inbox"], { events: 2, files: 1 });
  assert.ok(!Object(status["daemon"]).running);
  assert.equal((await alice.ok(["tail", "--json"])).trimEnd().split("\n").length, 2);
  assert.deepEqual(await snapshot(files), before, "looking changes nothing");

  const history = ids(await files.outbox("bob"));
  const pushed = await alice.record(["push"]);
  assert.deepEqual(eventIds(pushed["pushed"]), history.slice(3));
  assert.deepEqual(eventIds(pushed["skipped"]), history.slice(0, 3));
  assert.deepEqual(await alice.json(["push"]), { pushed: [], skipped: [] });

  const fresh = await send(bob, { peer: "alice", body: "drei" });
  await push(bob, "daemon");
  assert.deepEqual((await alice.record(["pull"]))["written"], [{ event_id: fresh, from: "bob" }]);
  const { event_id: sent } = await alice.record(["send", "bob", "five"]);
  const cycle = await alice.record(["daemon", "--once"]);
  assert.deepEqual(Object(cycle["push"]).pushed, [{ event_id: sent, peer: "bob" }]);
  assert.deepEqual((await pull(bob)).written, [...history.slice(3), sent]);

  assert.deepEqual(await homeProblems(files), []);
  // What relays announced and signed with: ours, beside the files of 0.5.19.
  const pinned = /^relay-(features|keys)\.(json|lock)$/;
  assert.deepEqual((await foreignConfigFiles(files)).filter((name) => !pinned.test(name)), []);
  const after = await snapshot(files);
  for (
    const name of [
      "config/wire/private.key",
      "config/wire/agent-card.json",
      "config/wire/trust.json",
    ]
  ) {
    assert.equal(after[name], before[name], name);
  }
  for (const name of ["state/wire/outbox/bob.jsonl", "state/wire/inbox/bob.jsonl"]) {
    assert.ok(after[name]?.startsWith(before[name] ?? "?"), `${name} only grows`);
  }
});

Deno.test("hand-over: a home that ours has worked on goes back to 0.5.19 with nothing lost or doubled", async () => {
  await using world = await InteropWorld.create("our relay");
  const alice = await world.world.agent("alice", world.url);
  const files = takenOver(alice);
  const bob = await world.referencePeer("bob");
  await pinEachOther(files, bob);
  for (const body of ["one", "two"]) await alice.ok(["send", "bob", body]);
  const outbox = `${files.state}/outbox/bob.jsonl`;
  await Deno.writeTextFile(outbox, '{"kind":"decision","body":{"a":[1,2.5]}}\n', { append: true });
  const { pushed } = await alice.record(["push"]);
  const delivered = eventIds(pushed);
  assert.equal(delivered.length, 3);
  const first = await send(bob, { peer: "alice", body: "eins" });
  await push(bob, "daemon");
  await alice.ok(["pull"]);
  const { event_id: queued } = await alice.record(["send", "bob", "not yet delivered"]);
  assert.deepEqual(await homeProblems(files), []);

  const own = await send(files, { peer: "bob", body: "by 0.5.19 again" });
  const back = await push(files, "daemon");
  assert.deepEqual(back, { pushed: [queued, own], duplicates: delivered, failed: [] });
  assert.deepEqual((await pull(bob)).written, [...delivered, queued, own]);
  assert.deepEqual(await pull(files), {
    written: [],
    rejected: [],
    isBlocked: false,
    cursor: first,
    total: 0,
  });
  const second = await send(bob, { peer: "alice", body: "zwei" });
  await push(bob, "daemon");
  assert.deepEqual((await pull(files)).written, [second]);

  // And once more in ours: what 0.5.19 delivered is not sent again as new, nor read again.
  const cycle = await alice.record(["daemon", "--once"]);
  assert.deepEqual(Object(cycle["push"]).pushed, []);
  assert.equal(Object(cycle["pull"]).total_seen, 0);
  assert.equal(ids(await files.inbox("bob")).join(), [first, second].join());
  assert.deepEqual((await pull(bob)).total, 0);
});

for (const stage of ["polling", "sas_ready", "confirmed"] as const) {
  Deno.test(`hand-over: ours goes on with a pairing that 0.5.19 left in ${stage}`, async () => {
    await using world = await InteropWorld.create("our relay");
    const files = await world.referencePeer("alice");
    const bob = await world.referencePeer("bob");
    const code = await queue(files, "host", world.url);
    const left = new PairDaemon(files);
    await left.tick();
    await writePid(files, 4_194_300);
    await using opposite = await ReferenceDaemon.start(bob);
    await queue(bob, "guest", world.url, code);
    await until(async () => (await listPending(bob))[0]?.status === "sas_ready", opposite.log);
    if (stage !== "polling") await left.tick();
    if (stage === "confirmed") await confirm(files, code);

    const alice = ours(world, files);
    const [listed] = await alice.list(["pair-list"]);
    assert.equal(listed?.["status"], stage);
    await alice.daemon(["--interval", "1"]);
    await confirm(bob, code);
    if (stage !== "confirmed") {
      await alice.ok(["pair-watch", code, "--timeout", "300"]);
      const [{ sas } = { sas: "" }] = await listPending(bob);
      await alice.record(["pair-confirm", code, dashed(sas ?? "")]);
    }
    await until(async () => (await listPending(bob)).length === 0, opposite.log);
    await until(async () => (await listPending(files)).length === 0, opposite.log);
    assert.equal(text(await files.trust(), "agents", "bob", "did"), await bob.did());
    assert.equal(text(await bob.trust(), "agents", "alice", "did"), await files.did());
    assert.deepEqual(await homeProblems(files), []);
  });
}

Deno.test("hand-over: 0.5.19 goes on with a pairing that ours left in polling", async () => {
  await using world = await InteropWorld.create("a 0.5.19 relay");
  const alice = await world.world.agent("alice", world.url);
  const files = takenOver(alice);
  const bob = await world.referencePeer("bob");
  const daemon = await alice.daemon(["--interval", "1"]);
  const queued = await alice.record(["pair-host", "--compat", "--detach", "--relay", world.url]);
  const code = String(queued["code_phrase"]);
  await alice.ok(["pair-watch", code, "--status", "polling", "--timeout", "300"]);
  daemon.kill("SIGTERM");
  assert.equal((await daemon.finished()).code, 0);
  assert.deepEqual(await homeProblems(files), []);

  await using ourSuccessor = await ReferenceDaemon.start(files);
  await using opposite = await ReferenceDaemon.start(bob);
  await queue(bob, "guest", world.url, code);
  const log = [...ourSuccessor.log, ...opposite.log];
  for (const home of [files, bob]) {
    await until(async () => (await listPending(home))[0]?.status === "sas_ready", log);
  }
  assert.equal((await listPending(files))[0]?.sas, (await listPending(bob))[0]?.sas);
  await confirm(files, code);
  await confirm(bob, code);
  for (const home of [files, bob]) {
    await until(async () => (await listPending(home)).length === 0, log);
  }
  assert.equal(text(await files.trust(), "agents", "bob", "did"), await bob.did());
});

function eventIds(items: unknown): unknown[] {
  assert.ok(Array.isArray(items));
  return items.map((item: unknown) => Reflect.get(Object(item), "event_id"));
}

/** Every file of the home as text, but for the empty locks. */
async function snapshot(home: ReferenceHome, below = ""): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { name, isDirectory } of Deno.readDir(`${home.path}${below}`)) {
    const path = `${below}/${name}`;
    if (isDirectory) Object.assign(found, await snapshot(home, path));
    else {found[path.slice(1)] = new TextDecoder("latin1").decode(
        await Deno.readFile(home.path + path),
      );}
  }
  return found;
}

Deno.test("hand-over: commands of 0.5.19 work on a home that our daemon serves", async () => {
  await using world = await InteropWorld.create("our relay");
  const alice = await world.world.agent("alice", world.url);
  const files = takenOver(alice);
  const bob = await world.referencePeer("bob");
  await alice.daemon(["--interval", "1"]);
  assert.equal(await pidFileForm(files), "record");
  await using opposite = await ReferenceDaemon.start(bob);
  const code = await queue(files, "guest", world.url);
  await queue(bob, "host", world.url, code);
  for (const home of [files, bob]) {
    await until(async () => (await listPending(home))[0]?.status === "sas_ready", opposite.log);
    await confirm(home, code);
  }
  for (const home of [files, bob]) {
    await until(async () => (await listPending(home)).length === 0, opposite.log);
  }
  const sent = await send(files, { peer: "bob", body: "by the old command", byTool: true });
  await until(async () => ids(await bob.inbox("alice")).includes(sent), opposite.log);
  // Its `push` beside our daemon posts everything again, and nothing arrives twice.
  assert.deepEqual(await push(files, "command"), { pushed: [], duplicates: [sent], failed: [] });
  const back = await send(bob, { peer: "alice", body: "back" });
  await until(async () => ids(await files.inbox("bob")).includes(back), opposite.log);
  assert.deepEqual((await pull(files)).written, []);
  assert.deepEqual(ids(await files.inbox("bob")), [back]);
  assert.deepEqual(ids(await bob.inbox("alice")), [sent]);
  assert.deepEqual(await homeProblems(files), []);
});

/** Two agents, a relay, real processes: from nothing to a verified message each way. */
import assert from "node:assert/strict";
import { pairHomes } from "./pairing.ts";
import { World } from "./world.ts";

Deno.test("P10: two agents pair by digits and talk both ways, through daemons", async () => {
  await using world = await World.create();
  const relay = await world.relay();
  const alice = await world.agent("alice", relay.url);
  const bob = await world.agent("bob", relay.url);
  const [hosted, joined] = await pairHomes(alice, bob, relay.url);
  assert.equal(hosted.peer_handle, "bob");
  assert.equal(joined.peer_handle, "alice");
  assert.equal(hosted.sas, joined.sas);

  await Promise.all([alice.daemon(), bob.daemon()]);
  for (const [from, to] of [[alice, bob], [bob, alice]] as const) {
    const monitor = to.monitor();
    const { event_id } = await from.record(["send", to.name, "decision", "ship it"]);
    const { input } = await monitor.line("stdout", new RegExp(String(event_id)));
    const event = JSON.parse(input);
    assert.equal(event.peer, from.name);
    assert.equal(event.kind, "decision");
    assert.equal(event.body_preview, "ship it");
    assert.ok(event.verified);
    assert.deepEqual(await to.json(["verify", "-"], JSON.stringify(event.raw)), { verified: true });
  }
});

Deno.test("lesson 5: without daemons send says queued and who sends it; push and pull do it, once", async () => {
  await using world = await World.create();
  const relay = await world.relay();
  const alice = await world.agent("alice", relay.url);
  const bob = await world.agent("bob", relay.url);
  await pairHomes(alice, bob, relay.url);
  const queued = await alice.ok(["send", "bob", "hello"]);
  assert.match(queued, /^queued [0-9a-f]{64} for bob; the daemon sends it, or wire push\n$/);
  assert.match(await alice.ok(["status"]), /^daemon: +DOWN; wire daemon sends and receives$/m);
  assert.match(await alice.ok(["push"]), /^pushed 1 event\(s\); skipped 0 \(none\)\n/);
  assert.match(await alice.ok(["push"]), /^pushed 0 event\(s\)/);
  // With the heartbeat that ended the pairing.
  assert.match(await bob.ok(["pull"]), /^pulled 2 event\(s\); rejected 0\n/);
  assert.match(await bob.ok(["pull"]), /^pulled 0 event\(s\); rejected 0\n/);
  assert.match(await bob.ok(["tail"]), /claim\] hello \| sig ✓\n$/);
  const tampered = (await bob.ok(["tail", "--json"])).replace("hello", "hullo");
  const { code, stdout } = await bob.run(["verify", "-", "--json"], { stdin: tampered });
  assert.equal(code, 1);
  assert.match(JSON.parse(stdout).reason, /event_id mismatch/);
});

Deno.test("P1: a relay that stops and comes back loses nothing and doubles nothing", async () => {
  await using world = await World.create();
  const first = await world.relay();
  const alice = await world.agent("alice", first.url);
  const bob = await world.agent("bob", first.url);
  await pairHomes(alice, bob, first.url);
  await Promise.all([alice.daemon(), bob.daemon()]);
  const monitor = bob.monitor();
  await alice.ok(["send", "bob", "before"]);
  await monitor.line("stdout", /"body_preview":"before"/);

  first.process.kill("SIGKILL");
  await first.process.finished();
  await alice.ok(["send", "bob", "while it is away"]);
  await world.relay(first.address);
  await monitor.line("stdout", /"body_preview":"while it is away"/);
  await alice.ok(["send", "bob", "after"]);
  await monitor.line("stdout", /"body_preview":"after"/);
  const bodies = (await bob.ok(["tail", "--json"])).trimEnd().split("\n")
    .map((line) => JSON.parse(line).body);
  assert.deepEqual(bodies, ["before", "while it is away", "after"]);
});

Deno.test("an agent's own line in the outbox is signed and sent; an equal send is the same message", async () => {
  await using world = await World.create();
  const relay = await world.relay();
  const alice = await world.agent("alice", relay.url);
  const bob = await world.agent("bob", relay.url);
  await pairHomes(alice, bob, relay.url);
  await Promise.all([alice.daemon(), bob.daemon()]);
  const monitor = bob.monitor();
  const { outbox, event_id } = await alice.record(["send", "bob", "hello"]);
  const again = await alice.record(["send", "bob", "hello"]);
  assert.equal(again["event_id"], event_id);
  assert.equal(again["status"], "already_queued");
  assert.ok(again["duplicate"]);
  await monitor.line("stdout", /"body_preview":"hello"/);
  const file = await Deno.open(String(outbox), { append: true });
  await file.write(new TextEncoder().encode('{"kind":"claim","body":"tests pass"}\n'));
  file.close();
  const { input } = await monitor.line("stdout", /"body_preview":"tests pass"/);
  assert.ok(JSON.parse(input).verified);
});

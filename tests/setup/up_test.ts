/** `wire up` against a relay of ours in memory. */
import assert from "node:assert/strict";
import { FaultFiles } from "../../platform/fault_files.ts";
import { WireError } from "../../protocol/errors.ts";
import { RELAY, serveRelay } from "../../client/fake/world.ts";
import { whois } from "../../client/operations/whois.ts";
import { connect } from "../grants/granting_world.ts";
import { ownRoutes } from "../../client/sync/routes.ts";
import { RelayWorld } from "../relay/relay_world.ts";
import { LOCAL } from "../sessions/machine.ts";
import { ADDRESS, type UpWorld, upWorld } from "./up_world.ts";

const stages = (steps: readonly { stage: string; status: string }[]): readonly string[] =>
  steps.map(({ stage, status }) => `${stage}: ${status}`);

const detailOf = (steps: readonly { stage: string; detail: string }[], stage: string): string =>
  steps.find((step) => step.stage === stage)?.detail ?? "";

const DONE = [
  "init: done",
  "bind-relay: done",
  "local-relay: skipped",
  "claim: done",
  "daemon: done",
  "ready: done",
];
const ALREADY = DONE.map((line) => line.replace("done", "already"));

Deno.test("P10: up makes identity, mailbox, nick and daemon of an empty home", async () => {
  await using world = await upWorld();
  const { nick, relay, steps, changed } = await world.up(ADDRESS);
  assert.deepEqual(stages(steps), DONE);
  assert.deepEqual([nick, relay, changed], ["alice", RELAY, true]);
  const identity = await world.home.readIdentity();
  const { self } = await world.home.readRelayState();
  assert.equal(identity.handle, "alice");
  assert.equal(self?.relay_url, RELAY);
  const found = await whois.run(world.context, { handle: "alice@relay.test", relay: RELAY });
  assert.equal(found.did, identity.did);
  assert.deepEqual(world.platform.processes.spawned.map(({ args }) => args[0]), ["daemon"]);
  assert.equal(world.warnings.length, DONE.length, "each step is said when it is so");
  assert.ok(world.warnings.every((line) => /^wire up: [a-z-]+ — /.test(line)));
});

Deno.test("lesson 9: up again changes nothing, and says so", async () => {
  await using world = await upWorld();
  await world.up(ADDRESS);
  const before = world.texts();
  const slots = await allocated(world);
  for (const address of [ADDRESS, "alice", undefined]) {
    const { steps, changed } = await world.up(address);
    assert.deepEqual(stages(steps), ALREADY);
    assert.ok(!changed);
    assert.match(steps.at(-1)?.detail ?? "", /nothing was changed/);
  }
  assert.deepEqual(world.texts(), before);
  assert.equal(await allocated(world), slots);
  assert.equal(world.platform.processes.spawned.length, 1);
});

Deno.test("P2: a mailbox that the relay does not know any more is not called ready", async () => {
  await using world = await upWorld();
  await world.up(ADDRESS);
  const { self } = await world.home.readRelayState();
  await world.relay.call(`/v1/slot/${self?.slot_id}`, {
    method: "DELETE",
    token: self?.slot_token ?? "",
  });
  const { steps } = await world.up();
  assert.equal(steps[1]?.status, "warning");
  assert.equal(steps.at(-1)?.status, "warning");
  assert.match(steps[1]?.detail ?? "", /does not know this mailbox.*wire bind-relay/);
});

Deno.test("a relay that does not answer: what is done stays, and the error says how to go on", async () => {
  await using world = await upWorld();
  serveRelay(world, {});
  await assert.rejects(world.up(ADDRESS), (error) => {
    assert.ok(error instanceof WireError);
    assert.match(error.hint ?? "", /done: the identity did:wire:alice-.*not done: mailbox/);
    assert.match(error.hint ?? "", /wire up alice@http:\/\/relay\.test$/);
    return true;
  });
  const { did } = await world.home.readIdentity();
  connect(world, world.relay);
  const { steps } = await world.up(ADDRESS);
  assert.deepEqual(stages(steps), ["init: already", ...DONE.slice(1)]);
  assert.equal((await world.home.readIdentity()).did, did);
});

Deno.test("a bound home whose relay does not answer now keeps its daemon and is not called ready", async () => {
  await using world = await upWorld();
  await world.up(ADDRESS);
  world.platform.net.fail(RELAY, "connect");
  const { steps, changed } = await world.up();
  assert.ok(!changed);
  assert.equal(steps.find(({ stage }) => stage === "daemon")?.status, "already");
  assert.match(
    detailOf(steps, "claim"),
    /alice@http:\/\/relay\.test was claimed before, and cannot be looked up now/,
  );
  assert.equal(steps.at(-1)?.status, "warning");
});

Deno.test("lesson 9: a relay that shows no directory is told as such, and up again changes nothing there, too", async () => {
  await using world = await upWorld();
  world.platform.net.serve(RELAY, async (request) => {
    if (new URL(request.url).pathname.startsWith("/.well-known/")) {
      return new Response("", { status: 404 });
    }
    return await world.relay.relay.fetch(request, { remoteAddress: "192.0.2.1" });
  });
  const first = await world.up(ADDRESS);
  assert.match(detailOf(first.steps, "claim"), /claimed; this relay shows no directory/);
  assert.match(first.steps.at(-1)?.detail ?? "", /wire pair-host --relay/);
  const before = world.texts();
  assert.deepEqual(stages((await world.up()).steps), ALREADY);
  assert.deepEqual(world.texts(), before);
});

Deno.test("ruling 7: where no relay of this machine answers, up names what starts one, and makes nothing", async () => {
  await using world = await upWorld();
  const { steps } = await world.up(ADDRESS);
  const told = detailOf(steps, "local-relay");
  assert.match(told, /wire service install --local-relay.*then: wire up --with-local/);
  assert.deepEqual((await world.home.readRelayState()).self?.endpoints ?? [], []);
  const asked = await world.up(ADDRESS, { withLocal: true });
  assert.deepEqual(stages(asked.steps)[2], "local-relay: warning");
  assert.match(detailOf(asked.steps, "local-relay"), /wire service install --local-relay/);
  assert.equal(asked.steps.at(-1)?.status, "already", "it is ready all the same");
});

Deno.test("ruling 7: a relay of this machine that answers gets no mailbox of ours until it is asked for, and keeps it then", async () => {
  await using world = await upWorld();
  await using local = new RelayWorld();
  world.platform.net.serve(
    LOCAL,
    (request) => local.relay.fetch(request, { remoteAddress: "127.0.0.1" }),
  );
  const { steps } = await world.up(ADDRESS);
  assert.match(detailOf(steps, "local-relay"), /answers at .*8771.*wire up --with-local/);
  assert.deepEqual((await world.home.readRelayState()).self?.endpoints ?? [], []);
  const asked = await world.up(undefined, { withLocal: true });
  assert.deepEqual(stages(asked.steps)[2], "local-relay: done");
  const { self } = await world.home.readRelayState();
  assert.deepEqual(
    ownRoutes({ self, peers: {} }).map(({ scope, shownUrl }) => [scope, shownUrl]),
    [["federation", RELAY], ["local", LOCAL]],
  );
  const again = await world.up();
  assert.ok(!again.changed);
  assert.deepEqual(stages(again.steps)[2], "local-relay: already");
});

Deno.test("ruling 7: up looks for the local relay beside its other work, and waits for it only so long", async () => {
  await using world = await upWorld();
  world.platform.net.serve(LOCAL, () => new Promise<Response>(() => undefined));
  const running = world.up(ADDRESS);
  for (let turn = 0; turn < 20; turn++) await world.platform.clock.advance(200);
  const { steps } = await running;
  assert.match(detailOf(steps, "local-relay"), /none on this machine \(no answer in time\)/);
  assert.equal(steps.at(-1)?.status, "done");
  const order = world.platform.net.requests.map(({ url }) => new URL(url).port);
  assert.equal(order[0], "8771", "asked before anything else was");
});

Deno.test("ruling 7: what answers there and is no relay is told as that", async () => {
  await using world = await upWorld();
  world.platform.net.serve(LOCAL, () => new Response("<html>", { status: 200 }));
  const { steps } = await world.up(ADDRESS);
  assert.match(detailOf(steps, "local-relay"), /what answers there is no relay/);
});

Deno.test("lesson 32: another name than the home has is refused, and another relay keeps the mailbox", async () => {
  await using world = await upWorld();
  await world.up(ADDRESS);
  const before = world.texts();
  await assert.rejects(world.up(`bob@${RELAY}`), /already initialized as alice/);
  const { steps, relay } = await world.up("alice@https://elsewhere.test");
  assert.equal(relay, RELAY);
  assert.match(steps[1]?.detail ?? "", /keeps its mailbox on http:\/\/relay\.test/);
  assert.deepEqual(world.texts(), before);
});

Deno.test("S13: a nick that is taken or reserved is said, with the command for another", async () => {
  await using world = await upWorld();
  await using other = await upWorld();
  await world.up(ADDRESS);
  connect(other, world.relay);
  // The same name by another key.
  other.platform.random.bytes(7);
  const { steps } = await other.up(ADDRESS);
  assert.match(detailOf(steps, "claim"), /somebody else's.*wire claim/);
  assert.match(steps.at(-1)?.detail ?? "", /wire pair-host/);
  await using reserved = await upWorld();
  const { steps: own } = await reserved.up(`wire@${RELAY}`);
  assert.match(detailOf(own, "claim"), /wire cannot be claimed: .*reserved/);
});

Deno.test("P1: up killed at any durable step and run again ends ready, with one identity and one daemon", async () => {
  await using calm = await upWorld();
  const counting = new FaultFiles(calm.platform.files);
  await calm.up(ADDRESS, { files: counting });
  const points = counting.steps.map(({ point }) => point);
  assert.match(points.join(" "), /home\.private_key.*home\.card.*home\.relay_state.*home\.nicks/);
  for (const { index, point } of counting.steps) {
    for (const moment of ["before", "torn", "after"] as const) {
      const label = `${moment} ${index}: ${point}`;
      await using world = await upWorld();
      const files = new FaultFiles(world.platform.files).crashAt(index, moment);
      await world.up(ADDRESS, { files }).catch(() => undefined);
      assert.ok(files.crashed, label);
      const key = world.platform.files.texts()[world.home.file.privateKey];
      const { steps } = await world.up(ADDRESS);
      assert.match(stages(steps).join(" "), /ready: (done|already)/, label);
      if (key !== undefined) {
        assert.equal(world.platform.files.texts()[world.home.file.privateKey], key, label);
      }
      assert.ok(!(await world.up(ADDRESS)).changed, label);
      assert.ok(world.platform.processes.spawned.length <= 2, label);
    }
  }
});

async function allocated({ relay }: UpWorld): Promise<string> {
  const { text } = await relay.call("/v1/relay");
  const { text: stats } = await relay.call("/stats");
  return text + (JSON.parse(stats).slots_active ?? stats);
}

import assert from "node:assert/strict";
import { FakeEnv } from "../../platform/fake/env.ts";
import { FaultFiles } from "../../platform/fault_files.ts";
import { readGrants } from "../../store/home/grants.ts";
import { ReferenceRelay } from "../../tests/interop/reference/relay.ts";
import { hashed } from "../../tests/relay/relay_world.ts";
import { realPlatform } from "../../platform/real.ts";
import { createContext } from "../context.ts";
import { json, livingWorld, RELAY } from "../fake/world.ts";
import { bindMailbox, relayUrlOf } from "../mailbox.ts";
import {
  connect,
  disturb,
  type GrantingWorld,
  grantingWorld,
  isMint,
  live,
  mailboxOf,
  processOf,
  recorded,
} from "../../tests/grants/granting_world.ts";
import { handOut, handOutAll, revokeFor } from "./hand_out.ts";

const BOB = { did: "did:wire:bob-00000001" };
const EVE = { did: "did:wire:eve-00000002" };

Deno.test("P5: a peer is given a token of its own that may post and not read, and never the owner's", async () => {
  await using world = await grantingWorld();
  const { context, mailbox } = world;
  const given = await handOut(context, BOB, { ...mailbox, scope: "federation" });
  assert.equal(given.scope, "federation");
  assert.deepEqual([given.relayUrl, given.slotId], [mailbox.relayUrl, mailbox.slotId]);
  assert.notEqual(given.slotToken, mailbox.slotToken);
  assert.equal((await world.post(given.slotToken, hashed(`"n":1`).text)).status, 201);
  const read = await world.relay.list({ id: mailbox.slotId, token: given.slotToken });
  assert.equal(read.status, 403);
  const mode = (await world.platform.files.stat("/alice/config/wire/grants.json"))?.mode;
  assert.equal(mode, 0o600);
});

Deno.test("lesson 26: a repeated step gives the same token, another peer and another mailbox another", async () => {
  await using world = await grantingWorld();
  const { context, mailbox } = world;
  const first = await handOut(context, BOB, mailbox);
  assert.deepEqual(await handOut(context, BOB, mailbox), first);
  assert.deepEqual(await handOut(processOf(world), BOB, mailbox), first, "after a restart");
  const other = await handOut(context, EVE, mailbox);
  assert.notEqual(other.slotToken, first.slotToken);
  const url = relayUrlOf(RELAY);
  const second = await bindMailbox(context, { url, handle: world.self.handle, owner: "test" });
  const [a, b] = await handOutAll(context, BOB, [second, mailbox]);
  assert.notEqual(a?.slotToken, first.slotToken);
  assert.equal(b?.slotToken, first.slotToken);
  assert.equal(live(await world.rows()).length, 2);
});

Deno.test("two processes that ask for the same peer at a time get one grant", async () => {
  await using world = await grantingWorld();
  const given = await Promise.all(
    [1, 2, 3].map(() => handOut(processOf(world), BOB, world.mailbox)),
  );
  assert.equal(new Set(given.map(({ slotToken }) => slotToken)).size, 1);
  assert.equal((await world.rows()).length, 1);
});

Deno.test("two processes on a real disk get one grant, too", async () => {
  await using world = await grantingWorld();
  using real = realPlatform();
  const directory = await Deno.makeTempDir({ prefix: "wire-grants-" });
  try {
    const env = new FakeEnv({ variables: { WIRE_HOME: directory } });
    const platform = { ...world.platform, files: real.files, clock: real.clock, env };
    const given = await Promise.all([1, 2, 3].map(() => {
      const context = createContext(platform, { warn: () => {} });
      return handOut(context, BOB, world.mailbox);
    }));
    assert.equal(new Set(given.map(({ slotToken }) => slotToken)).size, 1);
    assert.equal((await world.rows()).length, 1);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("P1: killed at any durable step (home.grants), no grant is lost from sight, and one lives", async () => {
  await using calm = await grantingWorld();
  const counting = new FaultFiles(calm.platform.files);
  await handOut(processOf(calm, counting), BOB, calm.mailbox);
  assert.equal(counting.steps.filter(({ point }) => point === "home.grants").length, 2);
  for (const { index } of counting.steps) {
    for (const moment of ["before", "after"] as const) {
      await using world = await grantingWorld();
      const files = new FaultFiles(world.platform.files).crashAt(index, moment);
      const dying = handOut(processOf(world, files), BOB, world.mailbox);
      await assert.rejects(dying, { name: "Crash" });
      const { slotToken } = await handOut(context(world), BOB, world.mailbox);
      assert.equal((await world.post(slotToken, hashed(`"n":1`).text)).status, 201);
      assert.equal(live(await world.rows()).length, 1, `${moment} step ${index}`);
    }
  }
});

const context = (world: GrantingWorld) => processOf(world);

Deno.test("P5: while the relay makes no grant the step waits, and the owner's token is no way out", async () => {
  const answers: readonly (() => Response | Promise<Response>)[] = [
    () => json({ error: "commit failed" }, 500),
    () => json({ error: "bad token" }, 403),
    () => json({ error: "this mailbox's token is shared; allocate a new one" }, 403),
    () => json({ error: "unknown slot" }, 404),
    () => new Response("<html>portal</html>"),
    () => new Promise<Response>(() => {}),
  ];
  for (const answer of answers) {
    await using world = await grantingWorld();
    disturb(world, isMint, answer);
    const waiting = assert.rejects(handOut(world.context, BOB, world.mailbox), {
      name: /WireError|RelayStatusError|TransportError/,
    });
    await world.platform.clock.advance(20_000);
    await waiting;
    connect(world, world.relay);
    const { slotToken } = await handOut(world.context, BOB, world.mailbox);
    assert.notEqual(slotToken, world.mailbox.slotToken);
    assert.equal((await recorded(world)).length, 1);
  }
});

Deno.test("P5: a relay that gives our own token as a peer's is refused", async () => {
  await using world = await grantingWorld();
  const { slotToken: token } = world.mailbox;
  const reply = { grant_id: "0".repeat(16), token, label: null, can: ["post"] };
  disturb(world, isMint, () => json(reply, 201));
  await assert.rejects(handOut(world.context, BOB, world.mailbox), { code: "relay_garbage" });
});

Deno.test("P5: grants that were made and never answered are revoked before another is asked for", async () => {
  await using world = await grantingWorld();
  disturb(world, isMint, async (request) => {
    await world.relay.relay.fetch(request, { remoteAddress: "192.0.2.1" });
    return json({ error: "gateway" }, 502);
  });
  for (const _ of [1, 2, 3]) await assert.rejects(handOut(world.context, BOB, world.mailbox));
  connect(world, world.relay);
  await handOut(world.context, BOB, world.mailbox);
  assert.deepEqual([(await world.rows()).length, live(await world.rows()).length], [4, 1]);
});

Deno.test("P5: a mailbox that stays ours is not taken for a shared one when the relay says so later", async () => {
  await using world = await grantingWorld();
  world.platform.net.serve(
    RELAY,
    ({ url }) =>
      url.endsWith("/healthz")
        ? new Response("ok")
        : json({ error: "this mailbox's token is shared; allocate a new one" }, 403),
  );
  await assert.rejects(handOut(world.context, BOB, world.mailbox), { code: "feature_lost" });
});

Deno.test("an older mailbox is shared: its relay is asked once, and its token given as 0.5.19 does", async () => {
  await using world = await grantingWorld();
  const shared = mailboxOf(await world.relay.slot());
  const { net } = world.platform;
  const before = net.requests.length;
  assert.deepEqual(await handOut(world.context, BOB, shared), shared);
  assert.ok(net.requests.length > before);
  net.fail(RELAY, "connect");
  assert.deepEqual(await handOut(world.context, EVE, shared), shared, "it is remembered");
  assert.deepEqual(await revokeFor(world.context, BOB.did), {
    revoked: 0,
    waiting: 0,
    orphaned: 0,
  });
});

Deno.test("a mailbox nobody has looked at is not handed out while its relay is silent", async () => {
  const world = await livingWorld();
  const mailbox = mailboxOf({ id: "ab".repeat(16), token: "cd".repeat(32) });
  world.platform.net.fail(RELAY, "timeout");
  await assert.rejects(handOut(world.context, BOB, mailbox), { code: "unreachable" });
  assert.deepEqual((await readGrants(world.home)).slots, []);
});

Deno.test("on a 0.5.19 relay no new route is called, and the shared token is given", async () => {
  await using relay = await ReferenceRelay.start();
  using platform = realPlatform();
  const home = await livingWorld();
  const world = { ...home.platform, net: platform.net };
  const context = createContext(world, { warn: () => {} });
  const url = relayUrlOf(relay.url);
  const mailbox = await bindMailbox(context, { url, handle: home.self.handle, owner: "test" });
  assert.deepEqual(await handOut(context, BOB, mailbox), mailbox);
  assert.deepEqual(relay.requests, ["GET /healthz", "POST /v1/slot/allocate"]);
});

Deno.test("lesson 11: a grants.json that cannot be read stops the step, and is left as it is", async () => {
  await using world = await grantingWorld();
  const file = "/alice/config/wire/grants.json";
  for (const text of ["{", "[]", `{"grants":[{}]}`, `{"slots":[{"class":"mine"}]}`]) {
    await world.platform.files.writeAtomic(file, text, { point: "test" });
    const expected = { code: "unreadable", message: /grants\.json/ };
    await assert.rejects(handOut(world.context, BOB, world.mailbox), expected);
    await assert.rejects(revokeFor(world.context, BOB.did), expected);
    assert.equal(await world.platform.files.readText(file), text);
  }
});

Deno.test("what grants.json says that this version does not know stays in it", async () => {
  await using world = await grantingWorld();
  await handOut(world.context, BOB, world.mailbox);
  const file = "/alice/config/wire/grants.json";
  const { files } = world.platform;
  const old = JSON.parse(await files.readText(file) ?? "");
  const later = { big: 12345678901234567, list: [1.5] };
  Object.assign(old, { later });
  Object.assign(old.grants[0], { later });
  await files.writeAtomic(file, JSON.stringify(old), { point: "test" });
  await handOut(world.context, EVE, world.mailbox);
  const now = JSON.parse(await files.readText(file) ?? "");
  assert.deepEqual([now.later, now.grants[0].later], [later, later]);
  assert.equal(now.grants.length, 2);
});

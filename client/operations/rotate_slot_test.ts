/** rotate-slot and bind-relay --migrate-pinned, from one mailbox to another. */
import assert from "node:assert/strict";
import { Crash, FaultFiles } from "../../platform/fault_files.ts";
import { parseEvent } from "../../protocol/event/event.ts";
import { verifyEvent } from "../../protocol/event/verify.ts";
import { removeAgent } from "../../protocol/trust/trust.ts";
import { block } from "../../store/home/blocklist.ts";
import { previousMailboxes } from "../../store/home/previous_mailboxes.ts";
import {
  eventFrom,
  MailWorld,
  NEVER,
  type Party,
  pin,
  received,
  RELAY_URL,
  restarted,
  trust,
} from "../../tests/fault/mail_world.ts";
import { Puller } from "../sync/puller.ts";
import { bindRelay } from "./bind_relay.ts";
import { pull } from "./pull.ts";
import { rotateSlot } from "./rotate_slot.ts";

const DAY_MS = 86_400_000;

/** A relay that also makes mailboxes. */
class MovingWorld extends MailWorld {
  #made = 100;
  /** Slots whose relay answers 503. */
  readonly down = new Set<string>();
  allocations = 0;

  constructor() {
    super();
    this.relay.intercept = (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/healthz") return Promise.resolve(new Response("ok\n"));
      if (pathname === "/v1/slot/allocate") {
        this.allocations++;
        const { slotId: slot_id, slotToken: slot_token } = this.relay.makeSlot(++this.#made);
        return Promise.resolve(Response.json({ slot_id, slot_token }, { status: 201 }));
      }
      const slot = pathname.split("/")[3] ?? "";
      const answer = this.down.has(slot) ? new Response("busy", { status: 503 }) : undefined;
      return Promise.resolve(answer);
    };
  }

  /** What stands in that party's mailbox. */
  mail(party: Party) {
    return this.relay.texts(party.slotId).map((text) => JSON.parse(text));
  }
}

const selfOf = async ({ context }: Party) => (await context.home.readRelayState()).self;
const previousOf = async ({ context }: Party) =>
  previousMailboxes(await context.home.readRelayState());

Deno.test("a peer in a private network is not told of the move, and the operator is", async () => {
  const world = new MovingWorld();
  const { alice, bob } = await world.paired();
  const place = "http://10.0.0.5:8770";
  world.net.serve(place, () => assert.fail("nobody allowed that"));
  await alice.context.home.updateRelayState("test", (state) => ({
    ...state,
    peers: { bob: { ...state.peers["bob"], relay_url: place } },
  }));
  const { announced_to } = await rotateSlot.run(alice.context, {});
  assert.deepEqual(announced_to, []);
  assert.match(alice.warnings.join("\n"), /wire allow-relay http:\/\/10\.0\.0\.5:8770/);
  assert.deepEqual((await previousOf(alice))[0]?.untold, ["bob"], "told later");
  assert.deepEqual(world.mail(bob), []);
});

Deno.test("rotate-slot --json: exactly the keys of 0.5.19, and both notices verify at the peer", async () => {
  const world = new MovingWorld();
  const { alice, bob } = await world.paired();
  const output = await rotateSlot.run(alice.context, {});
  const self = await selfOf(alice);
  assert.deepEqual(output, {
    announced_to: ["bob"],
    new_slot_id: self?.slot_id,
    old_slot_id: alice.slotId,
    relay_url: RELAY_URL,
    rotated: true,
  });
  const [ack, close, ...more] = world.mail(bob);
  assert.deepEqual(more, []);
  const { slot_id, slot_token } = self ?? {};
  const coordinates = { relay_url: RELAY_URL, slot_id, slot_token };
  assert.deepEqual([ack.kind, ack.type, ack.body], [1101, "pair_drop_ack", {
    ...coordinates,
    endpoints: [{ ...coordinates, scope: "federation" }],
  }]);
  assert.deepEqual([close.kind, close.type, close.body], [1201, "wire_close", {
    reason: "operator-initiated slot rotation",
    new_relay_url: RELAY_URL,
    new_slot_id: slot_id,
  }]);
  const store = await bob.context.home.readTrust();
  for (const text of world.relay.texts(bob.slotId)) {
    assert.ok(verifyEvent(parseEvent(text), store, bob.identity).ok);
  }
  assert.deepEqual((await previousOf(alice))[0]?.untold, []);
  assert.deepEqual(alice.warnings, []);
});

Deno.test("lesson 6: mail that is under way to the old mailbox arrives, once, and mail to the new one too", async () => {
  const world = new MovingWorld();
  const { alice, bob } = await world.paired();
  const say = (body: string) => eventFrom(bob, alice, { body }).text;
  world.relay.plant(alice.slotId, say("before"));
  await pull.run(alice.context);
  world.relay.plant(alice.slotId, say("not read yet"));
  const { new_slot_id } = await rotateSlot.run(alice.context, {});
  world.relay.plant(alice.slotId, say("had not heard yet"));
  world.relay.plant(new_slot_id, say("after"));
  await pull.run(alice.context);
  assert.deepEqual(received(alice, "bob").sort(), [
    "after",
    "before",
    "had not heard yet",
    "not read yet",
  ]);
  world.relay.plant(alice.slotId, say("late"));
  const { written } = await pull.run(restarted(alice));
  assert.equal(written.length, 1);
  assert.equal(received(alice, "bob").length, 5);
});

Deno.test("the old mailbox is read for thirty days, or until its relay says that it is closed", async () => {
  const world = new MovingWorld();
  const { alice } = await world.paired();
  await rotateSlot.run(alice.context, {});
  const { intercept } = world.relay;
  let status = 404;
  world.relay.intercept = async (request) =>
    request.url.includes(`/events/${alice.slotId}`)
      ? new Response("", { status })
      : await intercept(request);
  await pull.run(alice.context);
  assert.equal((await previousOf(alice)).length, 1, "a proxy may have said so");
  status = 410;
  await pull.run(alice.context);
  assert.deepEqual(await previousOf(alice), []);

  world.relay.intercept = intercept;
  await rotateSlot.run(alice.context, {});
  await alice.clock.advance(30 * DAY_MS - 1_000);
  await pull.run(alice.context);
  assert.equal((await previousOf(alice)).length, 1);
  await alice.clock.advance(1_000);
  await pull.run(alice.context);
  assert.deepEqual(await previousOf(alice), []);
});

Deno.test("P1: a full disk while the old mailbox is read is an error, and the mail is read again", async () => {
  const world = new MovingWorld();
  const { alice, bob } = await world.paired();
  await rotateSlot.run(alice.context, {});
  world.relay.plant(alice.slotId, eventFrom(bob, alice, { body: "late" }).text);
  const files = new FaultFiles(alice.disk);
  files.diskFullAt({ point: "inbox.append" });
  await assert.rejects(pull.run(restarted(alice, files)), { code: "write_failed" });
  await pull.run(restarted(alice));
  assert.deepEqual(received(alice, "bob"), ["late"]);
});

Deno.test("only verified, reachable, unblocked peers get the new token", async () => {
  const world = new MovingWorld();
  const { alice, bob } = await world.paired();
  const others = await Promise.all(["carol", "dave", "eve"].map((name) => world.party(name)));
  const [carol = assert.fail(), dave = assert.fail(), eve = assert.fail()] = others;
  await pin(alice, carol);
  await block(alice.context.home, { did: carol.identity.did, at: "" });
  await trust(alice, dave); // has not answered
  await pin(alice, eve);
  await alice.context.home.updateTrust("test", (store) => removeAgent(store, "eve"));
  const { announced_to } = await rotateSlot.run(alice.context, {});
  assert.deepEqual(announced_to, ["bob"]);
  assert.equal(world.mail(bob).length, 2);
  for (const party of [carol, dave, eve]) assert.deepEqual(world.mail(party), []);
  // When dave answers, he is told at last.
  await pin(alice, dave);
  await alice.clock.advance(60_000);
  await pull.run(alice.context);
  assert.equal(world.mail(dave).length, 2);
  for (const party of [carol, eve]) assert.deepEqual(world.mail(party), []);
});

Deno.test("rotate-slot --no-announce tells nobody, now or later", async () => {
  const world = new MovingWorld();
  const { alice, bob } = await world.paired();
  const { announced_to } = await rotateSlot.run(alice.context, { noAnnounce: true });
  assert.deepEqual(announced_to, []);
  await alice.clock.advance(3_600_000);
  await pull.run(alice.context);
  assert.deepEqual(world.mail(bob), []);
});

Deno.test("lesson 13: a peer that cannot be told is a warning without a token, and is told later", async () => {
  const world = new MovingWorld();
  const { alice, bob } = await world.paired();
  const carol = await world.party("carol");
  await pin(alice, carol);
  world.down.add(bob.slotId);
  const { announced_to } = await rotateSlot.run(alice.context, {});
  assert.deepEqual(announced_to, ["carol"]);
  assert.match(alice.warnings.join("\n"), /^warn: could not tell bob of the new mailbox: .*503/);
  const { slot_token = "" } = await selfOf(alice) ?? {};
  assert.ok(!alice.warnings.join().includes(slot_token));

  const puller = new Puller(restarted(alice), alice.identity);
  const round = () => puller.round({ signal: NEVER });
  world.down.clear();
  await round();
  assert.deepEqual(world.mail(bob), [], "whoever rotates is telling at this moment");
  await alice.clock.advance(60_000);
  await round();
  await alice.clock.advance(60_000);
  await round();
  assert.deepEqual(world.mail(bob).map(({ type }) => type), ["pair_drop_ack", "wire_close"]);
  assert.equal(world.mail(bob)[0].body.slot_token, slot_token);
  assert.equal(world.mail(carol).length, 2, "told once");
});

Deno.test("a relay that repeats what it was sent does not bring our token to the screen", async () => {
  const world = new MovingWorld();
  const { alice } = await world.paired();
  const { intercept } = world.relay;
  world.relay.intercept = async (request) =>
    request.method === "POST" && request.url.includes("/v1/events/")
      ? new Response(await request.text(), { status: 500 })
      : await intercept(request);
  await rotateSlot.run(alice.context, {});
  const { slot_token = "x" } = await selfOf(alice) ?? {};
  assert.match(alice.warnings.join("\n"), /could not tell bob/);
  assert.ok(!alice.warnings.join("\n").includes(slot_token.slice(0, 32)));
});

Deno.test("rotate-slot needs a mailbox, and a relay that fails changes nothing", async () => {
  const world = new MovingWorld();
  const { alice, bob } = await world.paired();
  const before = await alice.context.home.readRelayState();
  world.relay.intercept = () => Promise.resolve(new Response("", { status: 500 }));
  await assert.rejects(rotateSlot.run(alice.context, {}), { code: "relay_status" });
  assert.deepEqual(await alice.context.home.readRelayState(), before);
  await bob.context.home.updateRelayState("test", (state) => ({ ...state, self: null }));
  await assert.rejects(rotateSlot.run(bob.context, {}), /self slot not bound/);
});

Deno.test("P1: killed anywhere in a rotation, the old mail is read and the peer is told", async () => {
  const steps = async (files: FaultFiles, world: MovingWorld, alice: Party) => {
    await rotateSlot.run(restarted(alice, files), {});
    return { files, world, alice };
  };
  const clean = new MovingWorld();
  const { alice: model } = await clean.paired();
  const { files: { steps: durable } } = await steps(new FaultFiles(model.disk), clean, model);
  assert.ok(durable.some(({ point }) => point === "home.relay_state"));
  for (const { index } of durable) {
    for (const moment of ["before", "after"] as const) {
      const world = new MovingWorld();
      const { alice, bob } = await world.paired();
      world.relay.plant(alice.slotId, eventFrom(bob, alice, { body: "under way" }).text);
      const files = new FaultFiles(alice.disk).crashAt(index, moment);
      await assert.rejects(rotateSlot.run(restarted(alice, files), {}), Crash);
      const after = restarted(alice);
      const { self } = await after.home.readRelayState();
      const isMoved = self?.slot_id !== alice.slotId;
      await alice.clock.advance(60_000);
      await pull.run(after);
      assert.deepEqual(received(alice, "bob"), ["under way"], `${index} ${moment}`);
      assert.equal(world.mail(bob).length >= 2, isMoved, `${index} ${moment}`);
      for (const { type, body } of world.mail(bob)) {
        if (type === "pair_drop_ack") assert.equal(body.slot_id, self?.slot_id);
      }
    }
  }
});

Deno.test("lesson 6: bind-relay --migrate-pinned keeps reading the old mailbox and tells the peers", async () => {
  const world = new MovingWorld();
  const { alice, bob } = await world.paired();
  await assert.rejects(
    bindRelay.run(alice.context, { url: RELAY_URL }),
    /black-hole 1 pinned.*bob/,
  );
  assert.equal(world.allocations, 0);
  const input = { url: RELAY_URL, migratePinned: true };
  const { slot_id } = await bindRelay.run(alice.context, input);
  assert.match(alice.warnings.join("\n"), /told of the new mailbox: bob/);
  assert.deepEqual(world.mail(bob).map(({ body }) => body.slot_id ?? body.new_slot_id), [
    slot_id,
    slot_id,
  ]);
  world.relay.plant(alice.slotId, eventFrom(bob, alice, { body: "late" }).text);
  await pull.run(alice.context);
  assert.deepEqual(received(alice, "bob"), ["late"]);
});

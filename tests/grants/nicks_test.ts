/** The nicks that we claimed follow us when we move. */
import assert from "node:assert/strict";
import { Crash, FaultFiles } from "../../platform/fault_files.ts";
import { add } from "../../client/operations/add.ts";
import { bindRelay } from "../../client/operations/bind_relay.ts";
import { claim } from "../../client/operations/claim.ts";
import { pairAccept } from "../../client/operations/pair_inbound.ts";
import { pull } from "../../client/operations/pull.ts";
import { rotateSlot } from "../../client/operations/rotate_slot.ts";
import { json, RELAY, run, type World } from "../../client/fake/world.ts";
import { printJson } from "../../protocol/json/print.ts";
import { readClaimedNicks } from "../../store/home/claimed_nicks.ts";
import { previousMailboxes } from "../../store/home/previous_mailboxes.ts";
import { RelayWorld } from "../relay/relay_world.ts";
import {
  connect,
  disturb,
  type GrantingWorld,
  grantingWorld,
  mailboxOf,
  processOf,
  skip,
} from "./granting_world.ts";

const DAY_MS = 86_400_000;
const PUBLIC_URL = "https://relay.example.org";

/** What the directory says of that nick. */
async function named({ relay }: GrantingWorld, nick: string) {
  const { text } = await relay.call(`/.well-known/wire/agent?handle=${nick}`);
  const { slot_id, relay_url, did } = JSON.parse(text);
  return { slot_id, relay_url, did };
}

const slotOf = async ({ home }: World) => (await home.readRelayState()).self?.slot_id;

const recordedNicks = async ({ home }: World) => (await readClaimedNicks(home)).nicks;

const isClaim = ({ url }: Request): boolean => url.endsWith("/v1/handle/claim");

async function later({ platform, relay }: GrantingWorld, ms: number): Promise<void> {
  await platform.clock.advance(ms);
  skip(relay, ms);
}

const oldOnes = async ({ home }: World) => previousMailboxes(await home.readRelayState());

Deno.test("P6: a nick of ours is moved by us, and by nobody who has only seen our card, whatever our clock says", async () => {
  await using ida = await grantingWorld("ida");
  await run(claim, ida, { nick: "ida" });
  const { id: slot_id, token } = await ida.relay.slot();
  const body = printJson({ nick: "ida", slot_id, card: ida.self.card });
  const stolen = await ida.relay.call("/v1/handle/claim", { token, body });
  assert.equal(stolen.status, 409);
  const { clock } = ida.platform;
  clock.setWallClock(Temporal.Instant.fromEpochMilliseconds(clock.now() - 60_000).toString());
  const { new_slot_id } = await run(rotateSlot, ida, {});
  assert.equal((await named(ida, "ida")).slot_id, new_slot_id);
});

Deno.test("after rotate-slot the directory answers the new slot, with the same public address, still hidden", async () => {
  await using ida = await grantingWorld("ida");
  await run(claim, ida, { nick: "ida", publicUrl: PUBLIC_URL, hidden: true });
  await run(claim, ida, { nick: "ida-two" });
  for (const input of [{}, { grants: true }, { noAnnounce: true }]) {
    const { new_slot_id, reclaimed, nicks_waiting } = await run(rotateSlot, ida, input);
    assert.deepEqual(
      [reclaimed, nicks_waiting],
      [["ida@relay.example.org", "ida-two@http://relay.test"], undefined],
    );
    const { did } = ida.self;
    assert.deepEqual(await named(ida, "ida"), { slot_id: new_slot_id, relay_url: PUBLIC_URL, did });
    assert.deepEqual(await named(ida, "ida-two"), { slot_id: new_slot_id, relay_url: RELAY, did });
  }
  const { text } = await ida.relay.call("/v1/handles");
  assert.ok(text.includes(`"ida-two"`) && !text.includes(`"ida"`), text);
  assert.deepEqual(ida.warnings, []);
});

Deno.test("lesson 6: a nick names the new mailbox before anybody is told of it", async () => {
  const relay = new RelayWorld();
  await using ida = await grantingWorld("ida", relay);
  const bob = await grantingWorld("bob", relay);
  await run(claim, ida, { nick: "ida" });
  await run(add, bob, { handle: "ida@relay.test", relay: RELAY });
  await run(pull, ida, {});
  await run(pairAccept, ida, { peer: "bob" });
  const asked = ida.platform.net.requests.length;
  const { announced_to } = await run(rotateSlot, ida, {});
  assert.deepEqual(announced_to, ["bob"]);
  const urls = ida.platform.net.requests.slice(asked).map(({ url }) => new URL(url).pathname);
  const claimed = urls.indexOf("/v1/handle/claim");
  const told = urls.findIndex((path) => path.startsWith("/v1/events/"));
  assert.ok(claimed >= 0 && told > claimed, urls.join("\n"));
});

Deno.test("P2: a nick that could not be claimed again waits, is told, and holds the old mailbox open", async () => {
  await using ida = await grantingWorld("ida");
  await run(claim, ida, { nick: "ida" });
  disturb(ida, isClaim, () => json({ error: "store" }, 500));
  const { reclaimed, nicks_waiting, new_slot_id } = await run(rotateSlot, ida, {});
  assert.deepEqual([reclaimed, nicks_waiting], [undefined, ["ida"]]);
  assert.match(ida.warnings.join("\n"), /ida on \S+ does not name the new mailbox yet: .*500/);
  await later(ida, 31 * DAY_MS);
  await run(pull, ida, {});
  assert.equal((await oldOnes(ida)).length, 1, "strangers still write there");
  connect(ida, ida.relay);
  // A stranger who has just looked the nick up writes to the old mailbox.
  const bob = await grantingWorld("bob", ida.relay);
  await run(add, bob, { handle: "ida@relay.test", relay: RELAY });
  await later(ida, 60_000);
  await run(pull, ida, {});
  assert.match(ida.warnings.join("\n"), /ida@http:\/\/relay.test names the new mailbox/);
  assert.equal((await named(ida, "ida")).slot_id, new_slot_id);
  assert.equal((await run(pairAccept, ida, { peer: "bob" })).paired_with, bob.self.did);
  await run(pull, bob, {});
  const sent = await bob.home.readRelayState();
  assert.equal(sent.peers["ida"]?.slot_id, new_slot_id);
});

Deno.test("the old mailbox is closed once no nick names it any more", async () => {
  await using ida = await grantingWorld("ida");
  await run(claim, ida, { nick: "ida" });
  disturb(ida, isClaim, () => json({ error: "busy" }, 429));
  await run(rotateSlot, ida, {});
  connect(ida, ida.relay);
  await later(ida, 31 * DAY_MS);
  await run(pull, ida, {});
  await run(pull, ida, {});
  assert.deepEqual(await oldOnes(ida), []);
  const { slotId, slotToken } = ida.mailbox;
  const state = await ida.relay.call(`/v1/slot/${slotId}/state`, { token: slotToken });
  assert.equal(state.status, 410);
  assert.equal((await named(ida, "ida")).slot_id, await slotOf(ida));
});

Deno.test("a nick that is somebody else's by now is told of once, and does not hold the old mailbox", async () => {
  await using ida = await grantingWorld("ida");
  await run(claim, ida, { nick: "ida" });
  disturb(ida, isClaim, () => json({ error: "not now", nick: "ida" }, 409));
  assert.deepEqual((await run(rotateSlot, ida, {})).nicks_waiting, ["ida"]);
  assert.equal((await recordedNicks(ida)).length, 1, "it does not say whose it is");
  const taken = { claimed_by: "did:wire:eve-00000001", error: "taken", nick: "ida" };
  disturb(ida, isClaim, () => json(taken, 409));
  const { reclaimed, nicks_waiting } = await run(rotateSlot, ida, {});
  assert.deepEqual([reclaimed, nicks_waiting], [undefined, undefined]);
  assert.match(ida.warnings.join("\n"), /ida@http:\/\/relay.test is not ours any more: .*409/);
  assert.deepEqual(await recordedNicks(ida), []);
});

Deno.test("a claim that was refused is not remembered, one that was never answered is", async () => {
  await using ida = await grantingWorld("ida");
  disturb(ida, isClaim, () => json({ error: "no" }, 400));
  await assert.rejects(run(claim, ida, { nick: "ida" }), { code: "relay_status" });
  assert.deepEqual(await recordedNicks(ida), []);
  disturb(ida, isClaim, async (request) => {
    await ida.relay.relay.fetch(request, { remoteAddress: "192.0.2.1" });
    return json({ error: "gateway" }, 502);
  });
  await assert.rejects(run(claim, ida, { nick: "ida" }), { code: "relay_status" });
  const [nick] = await recordedNicks(ida);
  assert.deepEqual([nick?.nick, nick?.confirmed_at], ["ida", undefined]);
  connect(ida, ida.relay);
  const { new_slot_id } = await run(rotateSlot, ida, {});
  assert.equal((await named(ida, "ida")).slot_id, new_slot_id);
  // A refusal leaves what the relay has said before.
  disturb(ida, isClaim, () => json({ error: "no" }, 400));
  const before = await recordedNicks(ida);
  await assert.rejects(run(claim, ida, { nick: "ida" }), { code: "relay_status" });
  assert.deepEqual(await recordedNicks(ida), before);
});

Deno.test("an answer about another nick confirms nothing", async () => {
  await using ida = await grantingWorld("ida");
  const reply = { did: ida.self.did, nick: "idy", status: "claimed" };
  disturb(ida, isClaim, () => json(reply, 201));
  await assert.rejects(run(claim, ida, { nick: "ida" }), { code: "relay_garbage" });
  assert.equal((await recordedNicks(ida))[0]?.confirmed_at, undefined);
});

Deno.test("lesson 14: a nick that 0.5.19 claimed with our key follows us, too", async () => {
  await using ida = await grantingWorld("ida");
  await run(claim, ida, { nick: "ida", publicUrl: PUBLIC_URL, hidden: true });
  const record = "/ida/config/wire/claimed-nicks.json"; // of which 0.5.19 knows nothing
  await ida.platform.files.remove(record, { point: "test" });
  await later(ida, 1);
  const { new_slot_id, reclaimed } = await run(rotateSlot, ida, {});
  assert.deepEqual(reclaimed, ["ida@relay.example.org"]);
  const { did } = ida.self;
  assert.deepEqual(await named(ida, "ida"), { slot_id: new_slot_id, relay_url: PUBLIC_URL, did });
  const { text } = await ida.relay.call("/v1/handles");
  assert.ok(!text.includes(`"ida"`), "still hidden");
});

Deno.test("lesson 24: a nick that names another mailbox, or is somebody else's, is not taken for ours", async () => {
  const relay = new RelayWorld();
  await using ida = await grantingWorld("ida", relay);
  const bob = await grantingWorld("bob", relay);
  await run(claim, bob, { nick: "ida" });
  assert.equal((await run(rotateSlot, ida, {})).reclaimed, undefined);
  assert.deepEqual(await recordedNicks(ida), []);
  assert.equal((await named(ida, "ida")).slot_id, bob.mailbox.slotId);
});

Deno.test("lesson 13: whatever a relay answers about our name, the move goes on", async () => {
  await using ida = await grantingWorld("ida");
  const isLookUp = ({ url }: Request) => url.includes("/.well-known/");
  const { did, card } = ida.self;
  const record = { did, card, nick: "ida", slot_id: ida.mailbox.slotId, relay_url: "no address" };
  for (const answer of [json(record), json([]), json({ error: "busy" }, 503)]) {
    disturb(ida, isLookUp, () => answer.clone());
    const { old_slot_id, new_slot_id } = await run(rotateSlot, ida, {});
    assert.notEqual(old_slot_id, new_slot_id);
  }
  assert.deepEqual(await recordedNicks(ida), []);
});

Deno.test("bind-relay moves a home that strangers know by its nick, and says what cannot follow", async () => {
  await using ida = await grantingWorld("ida");
  await run(claim, ida, { nick: "ida" });
  const { slot_id } = await run(bindRelay, ida, { url: RELAY, migratePinned: true });
  assert.equal((await named(ida, "ida")).slot_id, slot_id);
  assert.equal((await oldOnes(ida))[0]?.slotId, ida.mailbox.slotId);

  await using other = new RelayWorld();
  const elsewhere = "http://other.test";
  ida.platform.net.serve(
    elsewhere,
    (request) => other.relay.fetch(request, { remoteAddress: "192.0.2.1" }),
  );
  await run(bindRelay, ida, { url: elsewhere });
  assert.match(
    ida.warnings.join("\n"),
    /ida@http:\/\/relay.test names the old mailbox.*wire claim ida/,
  );
  assert.equal((await named(ida, "ida")).slot_id, slot_id);
  await later(ida, 31 * DAY_MS);
  await run(pull, ida, {});
  await run(pull, ida, {});
  assert.deepEqual((await oldOnes(ida)).map(({ slotId }) => slotId), [slot_id]);
});

Deno.test("the nick of a mailbox whose token peers hold follows its owner out of it", async () => {
  await using ida = await grantingWorld("ida");
  const shared = mailboxOf(await ida.relay.slot());
  await ida.home.updateRelayState("test", (state) => ({
    ...state,
    self: { relay_url: RELAY, slot_id: shared.slotId, slot_token: shared.slotToken },
  }));
  await run(claim, ida, { nick: "ida" });
  const { new_slot_id } = await run(rotateSlot, ida, { grants: true });
  assert.equal((await named(ida, "ida")).slot_id, new_slot_id);
  await later(ida, 31 * DAY_MS);
  await run(pull, ida, {});
  assert.deepEqual(await oldOnes(ida), []);
});

Deno.test("P1: killed at any durable step (home.nicks) of a claim, the nick follows the next move", async () => {
  await using calm = await grantingWorld("ida");
  const counting = new FaultFiles(calm.platform.files);
  await claim.run(processOf(calm, counting), { nick: "ida", hidden: true });
  assert.equal(counting.steps.filter(({ point }) => point === "home.nicks").length, 2);
  for (const { index } of counting.steps) {
    for (const moment of ["before", "after"] as const) {
      await using ida = await grantingWorld("ida");
      const files = new FaultFiles(ida.platform.files).crashAt(index, moment);
      await assert.rejects(
        claim.run(processOf(ida, files), { nick: "ida", hidden: true }),
        Crash,
      );
      const isClaimed = (await named(ida, "ida")).slot_id !== undefined;
      const isRecorded = (await recordedNicks(ida)).length === 1;
      assert.ok(isRecorded || !isClaimed, `${index} ${moment}`);
      const { new_slot_id } = await run(rotateSlot, ida, {});
      assert.equal((await named(ida, "ida")).slot_id, isRecorded ? new_slot_id : undefined);
      const record = await ida.platform.files.stat("/ida/config/wire/claimed-nicks.json");
      if (record !== undefined) assert.equal((record.mode ?? 0) & 0o777, 0o600);
    }
  }
});

Deno.test("a record of nicks that cannot be read stops a move before it begins", async () => {
  await using ida = await grantingWorld("ida");
  await ida.platform.files.writeAtomic("/ida/config/wire/claimed-nicks.json", "{", {
    point: "test",
  });
  const asked = ida.platform.net.requests.length;
  await assert.rejects(run(rotateSlot, ida, {}), { code: "unreadable", message: /claimed-nicks/ });
  assert.equal(ida.platform.net.requests.length, asked);
  assert.equal(await slotOf(ida), ida.mailbox.slotId);
});

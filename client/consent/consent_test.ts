import assert from "node:assert/strict";
import { FaultFiles } from "../../platform/fault_files.ts";
import { ACK, DROP } from "../../protocol/drop/drop.ts";
import { buildEvent, signEvent, type WireEvent } from "../../protocol/event/event.ts";
import { admitCard, makeCard, signCard } from "../../protocol/identity/card.ts";
import { makeDid } from "../../protocol/identity/did.ts";
import { keyPairFromSeed } from "../../protocol/identity/keys.ts";
import { JsonNumber, type JsonObject } from "../../protocol/json/value.ts";
import { pinCard } from "../../protocol/trust/trust.ts";
import { openHome } from "../../store/home/home.ts";
import type { Identity } from "../../store/home/identity.ts";
import { pairRejectionsIn } from "../../store/home/pair_rejections.ts";
import { MAX_PENDING, PendingInbound } from "../../store/home/pending_inbound.ts";
import { isHandle } from "../../protocol/ids.ts";
import { Outbox } from "../../store/mail/outbox.ts";
import { livingWorld, RELAY, type World } from "../fake/world.ts";
import { mailboxOf } from "../../tests/grants/granting_world.ts";
import { GrantKeeper } from "../grants/keeper.ts";
import { rememberClass } from "../grants/slot_class.ts";
import { notify } from "../operations/notify.ts";
import { emptyTally } from "../sync/pull_report.ts";
import { Receiver } from "../sync/receiver.ts";
import { isRequestExpired, REQUEST_TTL_S, requestMembers } from "./open_request.ts";

const slot = (digit: string) => ({
  relay_url: RELAY,
  slot_id: digit.repeat(32),
  slot_token: digit.repeat(64),
});
const OURS = slot("1");
const THEIRS = slot("2");
const AT = "2026-01-01T00:00:00Z";

type Living = World & { readonly self: Identity };

async function receiverWorld(): Promise<Living> {
  const world = await livingWorld("alice");
  await world.home.updateRelayState("test", (state) => ({ ...state, self: OURS }));
  const mailbox = mailboxOf({ id: OURS.slot_id, token: OURS.slot_token });
  await rememberClass(world.context, mailbox, "shared");
  return world;
}

const keysOf = (seed: number) => keyPairFromSeed(new Uint8Array(32).fill(seed));

interface About {
  readonly seed?: number;
  readonly signSeed?: number;
  readonly card?: JsonObject;
  readonly body?: JsonObject;
  readonly at?: string;
}

function drop(handle: string, to: Identity, about: About = {}): WireEvent {
  const { seed = 9, signSeed = seed, at = AT } = about;
  const card = about.card ?? makeCard({ handle, keys: keysOf(seed) });
  const signer = { did: makeDid(handle, keysOf(signSeed).publicKey), keys: keysOf(signSeed) };
  const body = { card, ...THEIRS, ...about.body };
  return signEvent(
    buildEvent({ from: signer.did, to: to.did, ...DROP, body, timestamp: at }),
    signer,
  );
}

function ack(handle: string, to: Identity, about: About = {}): WireEvent {
  const { seed = 9, body = {}, at = AT } = about;
  const signer = { did: makeDid(handle, keysOf(seed).publicKey), keys: keysOf(seed) };
  const event = { from: signer.did, to: to.did, ...ACK, body: { ...THEIRS, ...body } };
  return signEvent(buildEvent({ ...event, timestamp: at }), signer);
}

async function take({ home, self, context }: Living, ...events: readonly WireEvent[]) {
  const receiver = new Receiver(home, self);
  const last = await receiver.take(events.map(({ value }) => value), emptyTally());
  await new GrantKeeper(context, self).round();
  return last;
}

/** As our own `add` leaves it: pinned, without a token. */
async function addedBob({ home, platform }: Living, slot_token = ""): Promise<void> {
  const card = admitCard(makeCard({ handle: "bob", keys: keysOf(9) }));
  assert.ok(card.ok);
  await home.updateTrust("test", (store) => {
    const pinned = pinCard(store, card, { tier: "VERIFIED", at: AT, via: "add" });
    assert.ok(pinned.ok);
    return pinned.store;
  });
  const request = requestMembers(platform.clock.now(), REQUEST_TTL_S);
  const bob = { relay_url: RELAY, slot_id: THEIRS.slot_id, slot_token, ...request };
  await home.updateRelayState("test", (state) => ({ ...state, peers: { bob } }));
}

const waiting = ({ home }: World) => new PendingInbound(home).list();
const shown = ({ platform }: World) => platform.notifier.shown.length;

Deno.test("lesson 19: a stranger's request waits for the operator: no pin, no token of ours, one notice", async () => {
  const world = await receiverWorld();
  const event = drop("bob", world.self);
  assert.equal(await take(world, event), event.id, "the cursor goes on");
  await take(world, event);
  const [request, ...more] = await waiting(world);
  assert.equal(more.length, 0);
  assert.equal(request?.peer_did, makeDid("bob", keysOf(9).publicKey));
  assert.ok(!(await world.home.readTrust()).agents.has("bob"));
  assert.deepEqual((await world.home.readRelayState()).peers, {});
  assert.equal(shown(world), 1);
  const file = `${world.home.file.pendingInbound}/bob.json`;
  assert.equal((await world.platform.files.stat(file))?.mode, 0o600);
  assert.deepEqual(Object.keys(JSON.parse(await world.platform.files.readText(file) ?? "")), [
    "peer_handle",
    "peer_did",
    "peer_card",
    "peer_relay_url",
    "peer_slot_id",
    "peer_slot_token",
    "peer_endpoints",
    "event_id",
    "event_timestamp",
    "received_at",
  ]);
});

Deno.test("lesson 38: what the daemon has told of a pairing, the notifier does not tell again", async () => {
  const world = await receiverWorld();
  await addedBob(world);
  await take(world, drop("carol", world.self, { seed: 8 }), ack("bob", world.self));
  const titles = world.platform.notifier.shown.map(({ title }) => title);
  assert.deepEqual(titles.toSorted(), [
    "wire — pair complete with bob",
    "wire — pair request from carol",
  ]);
  const inbox = `${world.home.paths.stateRoot}/inbox`;
  assert.ok((await world.platform.files.list(inbox)).includes("bob.jsonl"), "both are mail, too");
  const input = notify.input.parse({ once: true });
  await Array.fromAsync(notify.stream(world.context, input, new AbortController().signal));
  assert.equal(shown(world), titles.length);
});

Deno.test("P3: an invented nonce is a request like any other", async () => {
  for (const nonce of ["ff".repeat(32), "../../config/wire/trust", ""]) {
    const world = await receiverWorld();
    await take(world, drop("bob", world.self, { body: { pair_nonce: nonce } }));
    assert.equal((await waiting(world)).length, 1);
    assert.ok(!(await world.home.readTrust()).agents.has("bob"));
  }
});

Deno.test("P6, lesson 22: a request under a pinned name or ours from another key changes nothing", async () => {
  const world = await receiverWorld();
  await addedBob(world);
  const before = world.platform.files.texts();
  const events = [
    drop("bob", world.self, { seed: 10 }),
    drop("BOB", world.self, { seed: 10 }),
    drop("alice", world.self, { seed: 10 }),
  ];
  const carol = drop("carol", world.self);
  assert.equal(await take(world, ...events, carol), carol.id, "the cursor goes on");
  assert.deepEqual((await waiting(world)).map((it) => it.peer_handle), ["carol"]);
  for (const file of [world.home.file.trust, world.home.file.relayState]) {
    assert.equal(world.platform.files.texts()[file], before[file]);
  }
});

Deno.test("lesson 24: requests that their card does not prove are no requests; names are no paths", async () => {
  const world = await receiverWorld();
  const other = makeCard({ handle: "bob", keys: keysOf(10) });
  const events = [
    drop("bob", world.self, { card: other }),
    drop("bob", world.self, { signSeed: 10 }),
    drop("bob", world.self, { card: {} }),
    drop("bob", world.self, { body: { slot_id: "../x" } }),
    drop("bob", world.self, { body: { relay_url: "file:///etc/passwd" } }),
    ...["../../config/wire/trust", "a\0b", "CON", "", "a".repeat(65)].map((handle) =>
      drop(handle, world.self)
    ),
  ];
  const own = drop("carol", world.self);
  assert.equal(await take(world, ...events, own), own.id, "the cursor goes on");
  assert.deepEqual((await waiting(world)).map((it) => it.peer_handle), ["carol"]);
  const files = Object.keys(world.platform.files.texts());
  assert.deepEqual(files.filter((file) => file.includes("inbound")), [
    `${world.home.file.pendingInbound}/carol.json`,
  ]);
});

Deno.test("the form of 0.5.19's MCP server, without schema_version, is a request too", async () => {
  const world = await receiverWorld();
  const { schema_version: _, ...unsigned } = drop("bob", world.self).value;
  await take(world, signEvent(unsigned, { did: String(unsigned["from"]), keys: keysOf(9) }));
  assert.equal((await waiting(world)).length, 1);
});

Deno.test("two adds meet: a request from whom we added is consent, and the answer is queued once", async () => {
  const world = await receiverWorld();
  await addedBob(world);
  const event = drop("bob", world.self);
  await take(world, event);
  await take(world, event);
  assert.deepEqual(await waiting(world), []);
  assert.equal((await world.home.readRelayState()).peers["bob"]?.slot_token, THEIRS.slot_token);
  assert.equal(shown(world), 1);
  assert.equal(await queued(world), 1);
});

async function queued({ home, platform: { files } }: World): Promise<number> {
  const bob = "bob";
  assert.ok(isHandle(bob));
  const path = new Outbox({ files, stateRoot: home.paths.stateRoot }).path(bob);
  return (await files.readText(path))?.trim().split("\n").length ?? 0;
}

Deno.test("a forged ack changes nothing; the peer's own completes the add", async () => {
  const world = await receiverWorld();
  await addedBob(world);
  const before = world.platform.files.texts()[world.home.file.relayState];
  const evil = slot("6");
  await take(world, ack("bob", world.self, { seed: 10, body: evil }));
  const genuine = ack("bob", world.self);
  const tampered = { ...genuine.value, body: evil };
  await new Receiver(world.home, world.self).take([tampered], emptyTally());
  assert.equal(world.platform.files.texts()[world.home.file.relayState], before);
  await take(world, genuine);
  assert.equal((await world.home.readRelayState()).peers["bob"]?.slot_token, THEIRS.slot_token);
  assert.equal(shown(world), 1);
});

Deno.test("S23: a rejection sticks: not by the same event, nor by new ones until a day has gone", async () => {
  const world = await receiverWorld();
  const bob = "bob";
  assert.ok(isHandle(bob));
  const first = drop("bob", world.self);
  await take(world, first);
  assert.ok(await new PendingInbound(world.home).reject(bob));
  await take(world, first, drop("bob", world.self, { at: "2026-01-01T00:00:01Z" }));
  assert.deepEqual([(await waiting(world)).length, shown(world)], [0, 1]);
  await world.platform.clock.advance(86_400_000);
  await take(world, first);
  assert.equal((await waiting(world)).length, 0, "never the same event");
  await take(world, drop("bob", world.self, { at: "2026-01-02T00:00:01Z" }));
  assert.deepEqual([(await waiting(world)).length, shown(world)], [1, 2]);
});

Deno.test("a second key does not take the place of a request that waits", async () => {
  const world = await receiverWorld();
  await take(world, drop("bob", world.self), drop("Bob", world.self, { seed: 10 }));
  assert.deepEqual((await waiting(world)).map((it) => it.peer_did), [
    makeDid("bob", keysOf(9).publicKey),
  ]);
});

Deno.test("lesson 25: a flood of requests keeps to its bound", async () => {
  const world = await receiverWorld();
  const events = Array.from(
    { length: MAX_PENDING + 2 },
    (_, index) => drop(`p${index}`, world.self),
  );
  await take(world, ...events);
  assert.equal((await waiting(world)).length, MAX_PENDING);
});

Deno.test("policy.json can say that strangers are not heard", async () => {
  const world = await receiverWorld();
  const policy = `${world.home.paths.configRoot}/policy.json`;
  await world.platform.files.writeAtomic(policy, '{"accept_unknown_pair_drops":false}', {
    point: "t.policy",
  });
  await take(world, drop("bob", world.self));
  assert.deepEqual([(await waiting(world)).length, shown(world)], [0, 0]);
});

Deno.test("P1: killed at any step of a mutual consent, the request that comes again finishes it", async () => {
  const receive = async (world: Living, files: World["platform"]["files"] | FaultFiles) => {
    const home = openHome({ ...world.platform, files });
    const receiver = new Receiver(home, world.self);
    await receiver.take([drop("bob", world.self).value], emptyTally());
    await new GrantKeeper({ ...world.context, home }, world.self).round();
  };
  const calm = await receiverWorld();
  await addedBob(calm);
  const counting = new FaultFiles(calm.platform.files);
  await receive(calm, counting);
  for (const { index, point } of counting.steps) {
    for (const moment of ["before", "after"] as const) {
      const world = await receiverWorld();
      await addedBob(world);
      const dying = new FaultFiles(world.platform.files).crashAt(index, moment);
      await assert.rejects(receive(world, dying), { name: "Crash" }, point);
      await receive(world, world.platform.files);
      const { bob } = (await world.home.readRelayState()).peers;
      assert.equal(bob?.slot_token, THEIRS.slot_token, `${moment} ${point}`);
      assert.equal(await queued(world), 1, `${moment} ${point}`);
    }
  }
});

const tokenOfBob = async ({ home }: World) =>
  (await home.readRelayState()).peers["bob"]?.slot_token;
const WEEK_MS = REQUEST_TTL_S * 1_000;

Deno.test("ruling 12: an answer that comes after seven days is shown once and not applied", async () => {
  const world = await receiverWorld();
  await addedBob(world);
  await world.platform.clock.advance(WEEK_MS - 1);
  const { clock } = world.platform;
  assert.ok(!isRequestExpired(await world.home.readRelayState(), "bob", clock.now()));
  await world.platform.clock.advance(1);
  assert.ok(isRequestExpired(await world.home.readRelayState(), "bob", clock.now()));
  const late = ack("bob", world.self, { at: clock.timestamp() });
  await take(world, late);
  await take(world, late);
  assert.equal(await tokenOfBob(world), "");
  assert.deepEqual(world.platform.notifier.shown.length, 1);
  assert.match(JSON.stringify(world.platform.notifier.shown), /late answer of bob/);
  await addedBob(world);
  await take(world, late);
  assert.equal(await tokenOfBob(world), "", "what was not applied is not applied by the renewal");
  await take(world, ack("bob", world.self, { at: clock.timestamp(), body: { n: 1 } }));
  assert.equal(await tokenOfBob(world), THEIRS.slot_token);
});

Deno.test("ruling 12: after seven days a request of theirs is no consent of ours: it waits", async () => {
  const world = await receiverWorld();
  await addedBob(world);
  await world.platform.clock.advance(WEEK_MS);
  await take(world, drop("bob", world.self, { at: world.platform.clock.timestamp() }));
  assert.equal((await waiting(world)).length, 1);
  assert.equal(await tokenOfBob(world), "");
});

Deno.test("a replayed answer of before forget-peer does not lead to the mailbox of then", async () => {
  const world = await receiverWorld();
  await addedBob(world);
  const first = ack("bob", world.self);
  await take(world, first);
  assert.equal(await tokenOfBob(world), THEIRS.slot_token);
  await addedBob(world);
  await take(world, first);
  assert.equal(await tokenOfBob(world), "", "the same event");
  await world.platform.clock.advance(30 * 86_400_000);
  await addedBob(world);
  await take(world, ack("bob", world.self, { body: { n: 2 } }));
  assert.equal(await tokenOfBob(world), "", "one that was held back for weeks");
});

Deno.test("lesson 2: a damaged memory of requests stops no mail, and the request is shown", async () => {
  const world = await receiverWorld();
  const file = `${world.home.paths.stateRoot}/pair-requests.json`;
  await world.platform.files.ensureDirectory(world.home.paths.stateRoot);
  await world.platform.files.writeAtomic(file, "{", { point: "t.damage" });
  const event = drop("bob", world.self);
  const tally = emptyTally();
  const last = await new Receiver(world.home, world.self).take([event.value], tally);
  assert.equal(last, event.id, "the cursor goes on");
  const reasons = tally.rejected.map(({ reason }) => reason);
  assert.equal(reasons.filter((it) => it.startsWith("request to pair not handled: ")).length, 1);
  assert.ok(reasons.some((reason) => reason.includes(file)), reasons.join());
  assert.equal(world.platform.files.texts()[file], "{", "nothing is written over it");
  assert.deepEqual(await waiting(world), []);
});

Deno.test("a paired peer with the same key asks from another mailbox: ours follows, and only forward", async () => {
  const world = await receiverWorld();
  await addedBob(world);
  await take(world, drop("bob", world.self, { at: "2026-01-02T00:00:00Z" }));
  const moved = slot("7");
  await take(world, drop("bob", world.self, { at: "2026-01-03T00:00:00Z", body: moved }));
  assert.equal(await tokenOfBob(world), moved.slot_token);
  await take(world, drop("bob", world.self, { at: "2026-01-02T12:00:00Z", body: slot("8") }));
  const evil = { seed: 10, at: "2026-01-04T00:00:00Z", body: slot("6") };
  await take(world, drop("bob", world.self, evil));
  assert.equal(await tokenOfBob(world), moved.slot_token, "neither an older one nor another key");
});

Deno.test("a card that spells a number 1.0 is kept as it was signed", async () => {
  const world = await receiverWorld();
  const plainCard = makeCard({ handle: "bob", keys: keysOf(9) });
  const card = signCard({ ...plainCard, x: new JsonNumber("1.0") }, keysOf(9));
  await take(world, drop("bob", world.self, { card }));
  const [request] = await waiting(world);
  assert.ok(request !== undefined && admitCard(request.peer_card).ok);
});

Deno.test("lesson 2: an event_id that is a path, NUL, huge or no text is no request and stops nothing", async () => {
  const world = await receiverWorld();
  const real = drop("bob", world.self);
  const ids = [
    "../../config/wire/trust.json",
    "a\0b",
    "f".repeat(100_000),
    "",
    "F".repeat(64),
    7,
    null,
    [],
  ];
  const poisoned = ids.map((event_id) => ({ ...real.value, event_id }));
  const carol = drop("carol", world.self);
  const items = [...poisoned, carol.value, carol.value];
  const before = new Set(Object.keys(world.platform.files.texts()));
  const last = await new Receiver(world.home, world.self).take(items, emptyTally());
  assert.equal(last, carol.id, "the cursor goes on");
  assert.deepEqual((await waiting(world)).map((it) => it.peer_handle), ["carol"]);
  assert.equal(shown(world), 1);
  const made = Object.keys(world.platform.files.texts()).filter((file) => !before.has(file));
  for (const file of made) {
    assert.ok(file.startsWith(world.home.paths.stateRoot), file);
    assert.match(file, /^[\w./-]{1,255}$/);
  }
});

Deno.test("P1: killed at any step of a request or an answer, its notice comes, and the answer is applied", async () => {
  for (const isAnswer of [false, true]) {
    const prepared = async (): Promise<Living> => {
      const world = await receiverWorld();
      if (isAnswer) await addedBob(world);
      return world;
    };
    const receive = async (world: Living, files: World["platform"]["files"] | FaultFiles) => {
      const event = isAnswer ? ack("bob", world.self) : drop("bob", world.self);
      const home = openHome({ ...world.platform, files });
      await new Receiver(home, world.self).take([event.value], emptyTally());
    };
    const calm = await prepared();
    const counting = new FaultFiles(calm.platform.files);
    await receive(calm, counting);
    assert.ok(counting.steps.length > 2);
    for (const { index, point } of counting.steps) {
      for (const moment of ["before", "after"] as const) {
        const world = await prepared();
        const dying = new FaultFiles(world.platform.files).crashAt(index, moment);
        await assert.rejects(receive(world, dying), { name: "Crash" }, point);
        await receive(world, world.platform.files);
        await receive(world, world.platform.files);
        assert.ok([1, 2].includes(shown(world)), `${moment} ${point}: ${shown(world)} notices`);
        if (isAnswer) assert.equal(await tokenOfBob(world), THEIRS.slot_token, point);
        else assert.equal((await waiting(world)).length, 1, point);
      }
    }
  }
});

Deno.test("a request that comes to nothing is written down with its reason, once (identity-and-events §14.4)", async () => {
  const world = await receiverWorld();
  const { files } = world.platform;
  const unsigned = { handle: "bob", did: "did:wire:bob-00000000" };
  const two = makeCard({ handle: "bob", keys: keysOf(9) });
  const verify_keys = { ...Object(two["verify_keys"]), "ed25519:zed:00000000": { key: "" } };
  const requests: readonly (readonly [WireEvent, string])[] = [
    [
      drop("bob", world.self, { body: { slot_token: "" } }),
      "pair_drop body missing relay_url/slot_id/slot_token",
    ],
    [
      drop("bob", world.self, { body: { slot_id: "../x" } }),
      "pair_drop body names a mailbox that cannot be used",
    ],
    [
      drop("bob", world.self, { card: unsigned }),
      "pair_drop peer card sig invalid: missing field: signature",
    ],
    [
      drop("bob", world.self, { card: signCard({ ...two, verify_keys }, keysOf(9)) }),
      "pair_drop peer card sig invalid: card has more than one verify key",
    ],
    [
      drop("bob", world.self, { signSeed: 8 }),
      "pair_drop event sig verify failed: key ",
    ],
    [
      ack("bob", world.self, { body: { relay_url: "" } }),
      "pair_drop_ack body missing relay_url/slot_id/slot_token",
    ],
  ];
  const events = requests.map(([event]) => event);
  await take(world, ...events, drop("carol", world.self), ack("carol", world.self));
  await take(world, ...events);
  const text = await files.readText(pairRejectionsIn(world.home)) ?? "";
  const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines.map(({ peer }) => peer), requests.map(() => "bob"));
  for (const [index, [, detail]] of requests.entries()) {
    assert.ok(lines[index]?.detail.startsWith(detail), `${lines[index]?.detail}, not ${detail}`);
  }
  assert.equal(lines[5]?.code, "pair_drop_ack_consume_failed");
});

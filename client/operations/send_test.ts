import assert from "node:assert/strict";
import type { z } from "zod";
import { MemoryFiles } from "../../platform/fake/memory_files.ts";
import { parseEvent } from "../../protocol/event/event.ts";
import { verifyEvent } from "../../protocol/event/verify.ts";
import { admitCard } from "../../protocol/identity/card.ts";
import { isEventId, isHandle } from "../../protocol/ids.ts";
import { parseJson } from "../../protocol/json/parse.ts";
import { printJson } from "../../protocol/json/print.ts";
import { type JsonObject, stringMember } from "../../protocol/json/value.ts";
import { pinCard } from "../../protocol/trust/trust.ts";
import { DAEMON_OWNER } from "../../store/home/daemon_state.ts";
import { DeliveryJournal } from "../../store/mail/delivery_journal.ts";
import { createContext } from "../context.ts";
import { json, livingWorld, RELAY, run, serveRelay } from "../fake/world.ts";
import { send } from "./send.ts";
import { failure } from "../../tests/failure.ts";

type Living = Awaited<ReturnType<typeof livingWorld>>;
type Asked = z.input<typeof send.input>;

const sent = (world: Living, input: Asked) => run(send, world, input);

async function outboxOf(world: Living, peer = "bob"): Promise<JsonObject[]> {
  const text = await world.platform.files.readText(`/alice/state/wire/outbox/${peer}.jsonl`) ?? "";
  assert.ok(text === "" || text.endsWith("\n"));
  return text.split("\n").slice(0, -1).map((line) => parseEvent(line).value);
}

async function pinBob(world: Living): Promise<Living> {
  const bob = await livingWorld("bob");
  const card = admitCard(bob.self.card);
  assert.ok(card.ok);
  await world.home.updateTrust("test", (store) => {
    const pinned = pinCard(store, card, { tier: "VERIFIED", at: "2026-01-01T00:00:00Z" });
    assert.ok(pinned.ok);
    return pinned.store;
  });
  return bob;
}

const BOB_SLOT = { relay_url: RELAY, slot_id: "5".repeat(32), slot_token: "f".repeat(64) };

async function routeToBob(world: Living): Promise<void> {
  await world.home.updateRelayState("test", (state) => ({ ...state, peers: { bob: BOB_SLOT } }));
}

Deno.test("send --json: exactly the keys of 0.5.19, and the line that it queues", async () => {
  const world = await livingWorld("alice");
  const output = await sent(world, { peer: "bob", body: "hello" });
  assert.equal(
    printJson(output),
    `{"event_id":"${output.event_id}","outbox":"/alice/state/wire/outbox/bob.jsonl",` +
      '"peer":"bob","status":"queued"}',
  );
  const [event] = await outboxOf(world);
  assert.deepEqual(Object.keys(event ?? {}).sort(), [
    "body",
    "event_id",
    "from",
    "kind",
    "public_key_id",
    "schema_version",
    "signature",
    "timestamp",
    "to",
    "type",
  ]);
  assert.equal(event?.type, "claim");
  assert.equal(printJson(event?.kind ?? null), "1001");
  assert.equal(event?.schema_version, "v3.1");
  assert.equal(event?.from, world.self.did);
  assert.ok(verifyEvent(parseEvent(printJson(event ?? null)), await world.home.readTrust()).ok);
});

Deno.test("lesson 3: a full address, a DID and a handle are one peer with one outbox", async () => {
  const world = await livingWorld("alice");
  for (const [i, peer] of ["bob", "bob@relay.example", "did:wire:bob-0badcafe"].entries()) {
    assert.equal((await sent(world, { peer, body: String(i) })).peer, "bob");
  }
  assert.equal((await outboxOf(world)).length, 3);
  for (const peer of ["", "../x", "@relay", "a/b", "did:wire:../x", "con"]) {
    assert.equal((await failure(sent(world, { peer, body: "x" }))).code, "usage", peer);
  }
  const names = await world.platform.files.list("/alice/state/wire/outbox");
  assert.deepEqual(names, ["bob.jsonl"]);
});

Deno.test("lesson 4: `to` is the pinned DID, or the bare form for a peer that is not pinned", async () => {
  const world = await livingWorld("alice");
  await sent(world, { peer: "bob", body: "1" });
  const bob = await pinBob(world);
  await sent(world, { peer: "bob", body: "2" });
  const recipients = (await outboxOf(world)).map((event) => event.to);
  assert.deepEqual(recipients, ["did:wire:bob", bob.self.did]);
});

Deno.test("P6: a pinned peer is found in any letter case, and a DID of another key is refused", async () => {
  const world = await livingWorld("alice");
  const bob = await pinBob(world);
  for (const peer of ["Bob", "BOB@relay.example", bob.self.did, "did:wire:bob"]) {
    assert.equal((await sent(world, { peer, body: peer })).peer, "bob");
  }
  const error = await failure(sent(world, { peer: "did:wire:bob-0badcafe", body: "x" }));
  assert.equal(error.code, "conflict");
  assert.equal((await outboxOf(world)).length, 4);
});

Deno.test("body forms: text, stdin and file; JSON where it is JSON, else the untrimmed text", async () => {
  const world = await livingWorld("alice");
  const { files } = world.platform;
  await files.writeAtomic("/body.txt", ' {"n":1.50} \n\n', { point: "test.body" });
  await files.writeAtomic("/plain.txt", "line\n\n", { point: "test.body" });
  world.platform.terminal.stdin.type(" [1,\n2]\n");
  world.platform.terminal.stdin.end();
  for (const body of ['{"a":1}', "-", "@body.txt", "@/plain.txt"]) {
    await sent(world, { peer: "bob", body });
  }
  const bodies = (await outboxOf(world)).map((event) => printJson(event.body ?? null));
  assert.deepEqual(bodies, [String.raw`"{\"a\":1}"`, "[1,2]", '{"n":1.5}', String.raw`"line\n\n"`]);
});

Deno.test("a body file that is missing, too large or no file is an error in one line", async () => {
  const world = await livingWorld("alice");
  await world.platform.files.writeAtomic("/large", new Uint8Array(2_097_153), {
    point: "test.large",
  });
  for (
    const [body, code] of [["@none", "not_found"], ["@large", "bad_input"], ["@/", "unreadable"]]
  ) {
    const error = await failure(sent(world, { peer: "bob", body: body ?? "" }));
    assert.equal(error.code, code);
  }
  assert.deepEqual(await outboxOf(world), []);
});

Deno.test("kinds by name and number; the typed text is the type", async () => {
  const world = await livingWorld("alice");
  for (const kind of ["decision", "note", "1002", "+1000"]) {
    await sent(world, { peer: "bob", kind, body: "x" });
  }
  const kinds = (await outboxOf(world)).map((event) =>
    printJson([event.type ?? null, event.kind ?? null])
  );
  assert.deepEqual(kinds, ['["decision",1]', '["note",1]', '["1002",1002]', '["+1000",1000]']);
});

Deno.test("lesson 2: a kind number that would stop a 0.5.19 mailbox is never queued", async () => {
  const world = await livingWorld("alice");
  for (const kind of ["1234", "0", "4294967295"]) {
    const error = await failure(sent(world, { peer: "bob", kind, body: "x" }));
    assert.equal(error.code, "usage");
    assert.match(error.hint ?? "", /1001 claim/);
  }
  assert.deepEqual(await outboxOf(world), []);
});

Deno.test("what a receiver could not read back is refused: depth, size, unstable numbers", async () => {
  const world = await livingWorld("alice");
  const deep = (levels: number) => parseJson("[".repeat(levels) + "]".repeat(levels));
  await sent(world, { peer: "bob", value: deep(125) });
  for (const value of [deep(126), "x".repeat(262_144)]) {
    assert.equal((await failure(sent(world, { peer: "bob", value }))).code, "usage");
  }
  assert.equal((await outboxOf(world)).length, 1);
});

Deno.test("a deadline is kept as given, or counted from now", async () => {
  const world = await livingWorld("alice");
  await sent(world, { peer: "bob", body: "1", deadline: " 2030-01-01T00:00:00.5+01:00 " });
  await sent(world, { peer: "bob", body: "2", deadline: "30m" });
  const deadlines = (await outboxOf(world)).map((event) => event.time_sensitive_until);
  assert.deepEqual(deadlines, ["2030-01-01T00:00:00.5+01:00", "2026-01-01T00:30:00Z"]);
  const error = await failure(sent(world, { peer: "bob", body: "3", deadline: "soon" }));
  assert.match(error.message, /deadline/);
});

Deno.test("S7, ruling 4: an equal message within 120 s is the same one, with the step it reached", async () => {
  const world = await livingWorld("alice");
  const { clock, files } = world.platform;
  const message = { peer: "bob", kind: "decision", body: "ship", deadline: "2h" };
  const first = await sent(world, message);
  await clock.advance(119_000);
  const again = await sent(world, message);
  assert.equal(
    printJson(again),
    `{"duplicate":true,"event_id":"${first.event_id}",` +
      '"outbox":"/alice/state/wire/outbox/bob.jsonl","peer":"bob","status":"already_queued",' +
      '"step":"queued"}',
  );
  const journal = new DeliveryJournal({ files, stateRoot: world.home.paths.stateRoot });
  const bob: string = "bob";
  assert.ok(isEventId(first.event_id) && isHandle(bob));
  await journal.record(bob, [
    { event_id: first.event_id, step: "stored", at: clock.timestamp(), evidence: {} },
  ]);
  assert.equal((await sent(world, message)).step, "stored");
  assert.equal((await outboxOf(world)).length, 1);
  await clock.advance(2_000);
  assert.equal((await sent(world, message)).status, "queued");
});

Deno.test("ruling 4: another peer, kind, body or deadline, or --again, is another message", async () => {
  const world = await livingWorld("alice");
  const message = { peer: "bob", kind: "decision", body: "ship", deadline: "2h" };
  const messages: Asked[] = [
    message,
    { ...message, peer: "carol" },
    { ...message, kind: "claim" },
    { ...message, body: "stop" },
    { ...message, deadline: "3h" },
    { peer: "bob", kind: "decision", body: "ship" },
    { ...message, again: true },
  ];
  for (const input of messages) assert.equal((await sent(world, input)).status, "queued");
});

Deno.test("ruling 4, S27: retries at once make one message", async () => {
  const world = await livingWorld("alice");
  const outputs = await Promise.all(
    Array.from({ length: 6 }, () => sent(world, { peer: "bob", body: "once" })),
  );
  assert.equal(new Set(outputs.map((output) => output.event_id)).size, 1);
  assert.equal((await outboxOf(world)).length, 1);
});

async function configure(world: Living, text: string): Promise<void> {
  await world.platform.files.writeAtomic(world.home.file.config, text, { point: "test.config" });
}

Deno.test("ruling 2: the operator's cap, window and sealing rule; unknown keys warn", async () => {
  const world = await livingWorld("alice");
  await configure(world, "body_cap_kb = 1\nfoo = 1\n[send]\nretry_window_s = 0\n");
  await sent(world, { peer: "bob", body: "x".repeat(1022) });
  await sent(world, { peer: "bob", body: "x".repeat(1022) });
  assert.equal((await outboxOf(world)).length, 2);
  assert.match(world.warnings.join("\n"), /unknown key "foo"/);
  const tooLong = await failure(sent(world, { peer: "bob", body: "x".repeat(1023) }));
  assert.equal(tooLong.code, "refused");
  await configure(world, "[send]\nrequire_sealed = true\n");
  assert.equal((await failure(sent(world, { peer: "bob", body: "x" }))).code, "refused");
  await configure(world, "[send");
  assert.equal((await failure(sent(world, { peer: "bob", body: "x" }))).code, "unreadable");
  assert.equal((await outboxOf(world)).length, 2);
});

Deno.test("S6: a capability that the pinned card does not advertise refuses the message", async () => {
  const world = await livingWorld("alice");
  const message = { peer: "bob", body: "x", checkCap: "wire/v3.1" };
  const error = await failure(sent(world, message));
  assert.equal(error.code, "refused");
  assert.equal(error.message, 'peer bob does not advertise capability "wire/v3.1"');
  await pinBob(world);
  assert.equal((await sent(world, message)).status, "queued");
});

Deno.test("lesson 11: with a broken trust.json nothing is sent", async () => {
  const world = await livingWorld("alice");
  await world.platform.files.writeAtomic(world.home.file.trust, "{", { point: "test.broken" });
  assert.equal((await failure(sent(world, { peer: "bob", body: "x" }))).code, "unreadable");
  assert.deepEqual(await outboxOf(world), []);
});

Deno.test("P1: a message that did not reach the disk is an error, not queued", async () => {
  const world = await livingWorld("alice");
  const { files } = world.platform;
  await files.ensureDirectory("/alice/state/wire/outbox/bob.jsonl"); // nothing can be appended there
  const error = await failure(sent(world, { peer: "bob", body: "x" }));
  assert.ok(["write_failed", "unreadable"].includes(error.code), error.code);
});

/** A disk that says that it wrote. */
class LyingFiles extends MemoryFiles {
  override append(): Promise<number> {
    return Promise.resolve(0);
  }
}

Deno.test("P2: queued is said only after the line was read back", async () => {
  const world = await livingWorld("alice");
  const { files, clock } = world.platform;
  const lying = new LyingFiles({ clock });
  await lying.ensureDirectory(world.home.paths.configRoot);
  for (const file of [world.home.file.privateKey, world.home.file.card, world.home.file.trust]) {
    const bytes = await files.readBytes(file);
    assert.ok(bytes !== undefined);
    await lying.createNew(file, bytes, { point: "test.copy" });
  }
  const platform = { ...world.platform, files: lying };
  const context = createContext(platform, { warn: () => {} });
  const error = await failure(run(send, { ...world, context }, { peer: "bob", body: "x" }));
  assert.equal(error.code, "write_failed");
});

const slotState = (last_pull_at_unix: number | null) =>
  json({ event_count: 0, last_pull_at_unix, responder_health: null, slot_id: BOB_SLOT.slot_id });
const STATE = `GET /v1/slot/${BOB_SLOT.slot_id}/state`;
const NOW_S = Date.parse("2026-01-01T00:00:00Z") / 1000;

Deno.test("a peer that does not read gets a note beside the result, an attentive one none", async () => {
  const cases: readonly (readonly [number | null, RegExp])[] = [
    // The relay forgets it when it starts again: it cannot say "never".
    [null, /^phyllis: bob's line is silent — the relay has seen nobody .* since it started$/],
    [NOW_S - 301, /^phyllis: bob hasn't picked up in 5m/],
    [NOW_S - 300, /^$/],
    [NOW_S + 50, /^$/],
  ];
  for (const [pulled, note] of cases) {
    const world = await livingWorld("alice");
    await routeToBob(world);
    serveRelay(world, { [STATE]: slotState(pulled) });
    await sent(world, { peer: "bob", body: "x" });
    assert.match(world.warnings.join("\n"), note);
  }
});

Deno.test("P8: a relay that does not answer delays send by one second at most", async () => {
  const world = await livingWorld("alice");
  await routeToBob(world);
  serveRelay(world, { [STATE]: () => new Promise(() => {}) });
  let isSent = false;
  const sending = sent(world, { peer: "bob", body: "x" }).then((output) => {
    isSent = true;
    return output;
  });
  await world.platform.clock.advance(999);
  assert.equal((await outboxOf(world)).length, 1, "it was not queued before the relay answered");
  assert.ok(!isSent);
  await world.platform.clock.advance(1);
  assert.equal((await sending).status, "queued");
  assert.deepEqual(world.warnings, []);
});

Deno.test("lesson 5: without a network a message is queued, and nothing more is said of it", async () => {
  for (const failure of ["tls", "dns", "connect", "other"] as const) {
    const world = await livingWorld("alice");
    await routeToBob(world);
    world.platform.net.fail(RELAY, failure);
    assert.equal((await sent(world, { peer: "bob", body: "x" })).status, "queued");
    assert.deepEqual(world.warnings, []);
    assert.equal((await outboxOf(world)).length, 1);
  }
});

Deno.test("P7: a broken relay.json is said, and the message is queued all the same", async () => {
  const world = await livingWorld("alice");
  await world.platform.files.writeAtomic(world.home.file.relayState, "{", { point: "test.broken" });
  assert.equal((await sent(world, { peer: "bob", body: "x" })).status, "queued");
  assert.match(world.warnings.join("\n"), /^Cannot read "\/alice\/config\/wire\/relay\.json"/);
});

Deno.test("with a daemon, or without a route, the network is left alone", async () => {
  const world = await livingWorld("alice");
  await sent(world, { peer: "bob", body: "1" });
  await routeToBob(world);
  await using _daemon = await world.home.lockDaemon(DAEMON_OWNER, { deadlineMs: 0 });
  await sent(world, { peer: "bob", body: "2" });
  assert.deepEqual(world.platform.net.requests, []);
});

Deno.test("events of one process never share a timestamp", async () => {
  const world = await livingWorld("alice");
  for (let i = 0; i < 20; i++) await sent(world, { peer: "bob", body: "x", again: true });
  const times = (await outboxOf(world)).map((event) => stringMember(event, "timestamp"));
  assert.equal(new Set(times).size, 20);
});

Deno.test("lesson 8: a message to somebody unknown says that it waits, one to a peer does not", async () => {
  const world = await livingWorld("alice");
  await sent(world, { peer: "ghost", body: "hello" });
  assert.match(world.warnings.join("\n"), /^the message waits: no mailbox of ghost is known here;/);
  world.warnings.length = 0;
  await routeToBob(world);
  serveRelay(world, { [STATE]: slotState(NOW_S) });
  await sent(world, { peer: "bob", body: "hello" });
  assert.deepEqual(world.warnings, []);
});

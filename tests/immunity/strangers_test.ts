/**
 * What strangers and thieves of tokens put into a mailbox, against the whole receiver: no pin, no
 * route, no path of theirs; the cursor goes on, and what came is to be seen.
 */
import assert from "node:assert/strict";
import { makeDid } from "../../protocol/identity/did.ts";
import { printJson } from "../../protocol/json/print.ts";
import type { Json, JsonObject } from "../../protocol/json/value.ts";
import { RELAY_URL } from "../pairing/machines.ts";
import { ackFrom, altered, AttackWorld, dropFrom, LAIR, signed, stranger } from "./attack_world.ts";

const EVE = stranger("eve");
/** Another key that goes by bob's name. */
const IMPOSTOR = stranger("bob", "impostor");

Deno.test("lesson 19, P3, S24: a drop with an invented nonce pins nobody; the operator is asked", async () => {
  await using world = await AttackWorld.create();
  for (
    const pair_nonce of ["0".repeat(64), "../../config/wire/trust", "", "a\0b", "A".repeat(64)]
  ) {
    const struck = await world.strike(signed(dropFrom(EVE, world.idaDid, { pair_nonce }), EVE));
    assert.deepEqual(struck.waiting, ["eve"], JSON.stringify(pair_nonce));
  }
});

Deno.test("lesson 19, P3: a nonce that a friend has used pins nobody else, nor the friend's name", async () => {
  await using world = await AttackWorld.create();
  const [used] = await world.held();
  assert.equal(used?.["type"], "pair_drop");
  const { pair_nonce } = Object(used?.["body"]);
  assert.match(pair_nonce, /^[0-9a-f]{64}$/);
  const { waiting } = await world.strike(
    signed(dropFrom(EVE, world.idaDid, { pair_nonce }), EVE),
    signed(dropFrom(IMPOSTOR, world.idaDid, { pair_nonce }), IMPOSTOR),
    used ?? {},
  );
  assert.deepEqual(waiting, ["eve"], "nobody is asked about another key under bob's name");
});

Deno.test("P6, lesson 22: a drop under a pinned name from another key changes nothing, and shows", async () => {
  await using world = await AttackWorld.create();
  const names = ["bob", "BOB", "Bob", "ida", "IDA"];
  for (const name of names) {
    const thief = stranger(name, "impostor");
    const event = signed(dropFrom(thief, world.idaDid), thief);
    const { waiting, rejected } = await world.strike(event);
    assert.deepEqual(waiting, [], name);
    assert.deepEqual(rejected.map((it) => it.event_id), [event["event_id"]], name);
  }
});

Deno.test("P3: a forged pair_drop_ack moves nobody's mail", async () => {
  await using world = await AttackWorld.create();
  const { idaDid, bobDid } = world;
  const genuine = () => ackFrom(bobDid, idaDid);
  const forgeries: Record<string, JsonObject> = {
    "signed by another key": signed(genuine(), { ...IMPOSTOR, did: asDid(bobDid) }),
    "under bob's key id": altered(genuine(), IMPOSTOR, {
      public_key_id: `bob:${bobDid.slice(-8)}`,
    }),
    "from a bare name": signed(ackFrom("did:wire:bob", idaDid), IMPOSTOR),
    "from the thief's own DID": signed(ackFrom(IMPOSTOR.did, idaDid), IMPOSTOR),
    "from a stranger": signed(ackFrom(EVE.did, idaDid), EVE),
    "from the victim itself": signed(ackFrom(idaDid, idaDid), { ...EVE, did: asDid(idaDid) }),
    "without a signature": genuine(),
    "with an empty signature": { ...genuine(), signature: "", event_id: "0".repeat(64) },
  };
  for (const [name, event] of Object.entries(forgeries)) {
    assert.equal((await world.strike(event)).rejected.length, 1, name);
  }
});

Deno.test("P3: a forged wire_close ends nothing", async () => {
  await using world = await AttackWorld.create();
  const { idaDid, bobDid } = world;
  const close = (from: string): JsonObject => ({
    ...ackFrom(from, idaDid),
    type: "wire_close",
    kind: 1201,
    body: { reason: "moved", new_relay_url: LAIR.relay_url, new_slot_id: LAIR.slot_id, ...LAIR },
  });
  const forgeries = [
    signed(close(bobDid), { ...IMPOSTOR, did: asDid(bobDid) }),
    signed(close(IMPOSTOR.did), IMPOSTOR),
    signed(close(EVE.did), EVE),
    close(bobDid),
  ];
  const { rejected } = await world.strike(...forgeries);
  assert.equal(rejected.length, forgeries.length);
});

Deno.test("lesson 1: a drop of a schema that we do not know pins nobody, invited or not", async () => {
  await using world = await AttackWorld.create();
  const { searchParams } = new URL((await world.ida.ok(["invite"])).trim());
  const [payload = ""] = (searchParams.get("inv") ?? "").split(".");
  const { nonce } = JSON.parse(
    new TextDecoder().decode(Uint8Array.fromBase64(payload, { alphabet: "base64url" })),
  );
  for (const body of [{}, { pair_nonce: nonce }]) {
    const drop = { ...dropFrom(EVE, world.idaDid, body), schema_version: "v4.0" };
    const { waiting, rejected } = await world.strike(signed(drop, EVE));
    assert.deepEqual([waiting, rejected.length], [[], 1]);
    assert.match(rejected[0]?.reason ?? "", /^schema_mismatch=v4\.0 /);
  }
});

Deno.test("lesson 24, P3: DIDs, handles and senders never become paths", async () => {
  const names = [
    "../../config/wire/trust",
    "..",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "C:",
    "a\0b",
    "",
    "a".repeat(65),
    "a".repeat(5_000),
    "bob.",
    "bob ",
    "b\u00f6b",
    "\u202ebob",
    "bob\u200b",
    "\u{1f600}",
    "bob\n",
    "bob\u001b[2J",
    "$(reboot)",
    "CON.json",
    ...["CON", "NUL", "nul", "COM1", "LPT9", "AUX", "PRN"],
  ];
  await using world = await AttackWorld.create();
  const events = names.flatMap((name) => {
    const did = rawDid(name);
    const who = { ...EVE, did, card: { ...EVE.card, handle: name, did } };
    return [
      signed(dropFrom(who, world.idaDid), who),
      signed(dropFrom({ ...EVE, did }, world.idaDid), { ...EVE, did }),
      signed(dropFrom({ ...EVE, did: asDid(name) }, world.idaDid), EVE),
      signed(ackFrom(did, world.idaDid), { ...EVE, did }),
      { ...signed(ackFrom(EVE.did, world.idaDid), EVE), event_id: name },
    ];
  });
  const { waiting, rejected, created } = await world.strike(...events);
  assert.deepEqual(waiting, []);
  assert.ok(rejected.length > names.length * 4, `${rejected.length}`);
  assert.deepEqual(created.filter((file) => /inbox|inbound/.test(file)), []);
});

Deno.test("P3: names that every object has are names like any other", async () => {
  await using world = await AttackWorld.create();
  for (const name of ["__proto__", "constructor", "hasOwnProperty", "toString"]) {
    const who = stranger(name);
    const { waiting } = await world.strike(
      signed(dropFrom(who, world.idaDid), who),
      signed(ackFrom(who.did, world.idaDid), who),
    );
    assert.deepEqual(waiting, [name]);
    await world.ida.ok(["pair-reject", name]);
  }
});

Deno.test("P3: an event_id that is none, or another's, poisons no cursor", async () => {
  await using world = await AttackWorld.create();
  const [real] = await world.held();
  const ids: Json[] = [
    "",
    "0",
    "../../x",
    "f".repeat(64),
    "F".repeat(64),
    "f".repeat(63),
    "f".repeat(10_000),
    null,
    7,
    ["f".repeat(64)],
    real?.["event_id"] ?? null,
    "?since=x&limit=0",
    "\u0000",
  ];
  for (const event_id of ids) {
    const event = { ...signed(dropFrom(EVE, world.idaDid), EVE), event_id };
    assert.deepEqual(
      (await world.strike(event)).waiting,
      [],
      JSON.stringify(event_id).slice(0, 80),
    );
  }
  const cursor = JSON.stringify(world.mailbox());
  assert.doesNotMatch(cursor, /ffffff|\.\.|since=/);
});

Deno.test("lesson 2: unknown kinds, schemas and signers, and what is no event, hold nothing up", async () => {
  await using world = await AttackWorld.create();
  const base = dropFrom(EVE, world.idaDid);
  const kinds: Json[] = [9_999, 65_536, -1, 1e300, 1.5, "1100", null, [], {}];
  const items: Json[] = [
    ...kinds.map((kind) => signed({ ...base, kind, type: "surprise" }, EVE)),
    ...["v4.0", "v2.9", "", "x".repeat(4_000)].map((schema_version) =>
      signed({ ...base, schema_version }, EVE)
    ),
    ...["claim", "decision", "pair_drop_ack", "agent_card"].map((type) =>
      signed({ ...base, type, kind: 1_000 }, EVE)
    ),
    null,
    true,
    0,
    "event",
    [],
    [[]],
    {},
    { event_id: "0".repeat(64) },
    nested(60),
  ];
  const { rejected, waiting } = await world.strike(...items);
  assert.deepEqual(waiting, []);
  assert.equal(rejected.length, items.length, "each is on record");
});

Deno.test("S22: a request that waits is announced once, however often it is brought", async () => {
  await using world = await AttackWorld.create();
  const { shown } = world.ida.platform.notifier;
  const before = shown.length;
  const event = signed(dropFrom(EVE, world.idaDid), EVE);
  for (const _ of [1, 2, 3]) assert.deepEqual((await world.strike(event)).waiting, ["eve"]);
  assert.equal(shown.length, before + 1);
  assert.match(shown.at(-1)?.body ?? "", /run `wire pair-accept eve`/);
});

Deno.test("lesson 25, T11: floods of requests, from many sources and from one, hide no friend", async () => {
  await using world = await AttackWorld.create();
  const { relay } = world.machines;
  await world.ida.ok(["claim", "ida", "--relay", RELAY_URL]);
  const statuses = new Map<number, number>();
  for (let n = 0; n < 120; n++) {
    const who = stranger(`flood${n}`);
    const event = printJson(signed(dropFrom(who, world.idaDid), who));
    const from = n % 2 === 0 ? "198.51.100.7" : `203.0.${n}.1`;
    const { status } = await relay.call("/v1/handle/intro/ida", {
      body: `{"event":${event}}`,
      from,
    });
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  assert.deepEqual([...statuses.keys()].sort(), [201, 429], "what is too much is told so");
  const { waiting } = await world.strike();
  assert.ok(waiting.length > 0 && waiting.length <= 64, `${waiting.length}`);
  assert.ok(waiting.filter((name) => Number(name.slice(5)) % 2 === 0).length <= 4, "of one source");
});

Deno.test("P6: a request that is rejected stays rejected, whoever brings it again", async () => {
  await using world = await AttackWorld.create();
  const event = signed(dropFrom(EVE, world.idaDid), EVE);
  assert.deepEqual((await world.strike(event)).waiting, ["eve"]);
  await world.ida.ok(["pair-reject", "eve"]);
  assert.deepEqual((await world.strike(event)).waiting, []);
});

/** As the attacker spells it, past the types. */
function asDid(text: string): ReturnType<typeof makeDid> {
  const value: unknown = text;
  return JSON.parse(JSON.stringify(value));
}

/** Names its key, whatever the name is. */
const rawDid = (name: string): ReturnType<typeof makeDid> =>
  asDid(`did:wire:${name}-${EVE.did.slice(-8)}`);

const nested = (depth: number): Json =>
  Array.from({ length: depth }).reduce<Json>((inner) => ({ a: [inner] }), {});

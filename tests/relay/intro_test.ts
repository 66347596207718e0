/** Introductions by strangers: docs/protocol/relay.md §5.10 and §15, extensions.md §11. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { signEvent } from "../../protocol/event/event.ts";
import { MAX_INTRO_BYTES } from "../../protocol/event/intro.ts";
import { makeCard, signCard } from "../../protocol/identity/card.ts";
import { makeDid } from "../../protocol/identity/did.ts";
import { type KeyPair, keyPairFromSeed } from "../../protocol/identity/keys.ts";
import { type Did, isHandle, isSlotId } from "../../protocol/ids.ts";
import { parseJson } from "../../protocol/json/parse.ts";
import { isJsonObject, type JsonObject, withMembers } from "../../protocol/json/value.ts";
import { INTRO_TTL_MS, MAX_LIVE_INTROS } from "../../store/slots/intake.ts";
import { testRuns } from "../runs.ts";
import { type Answer, RelayWorld, shown, type Slot } from "./relay_world.ts";

interface Stranger {
  readonly did: Did;
  readonly keys: KeyPair;
  readonly card: JsonObject;
}

function stranger(n: number, name: string = `stranger${n}`): Stranger {
  assert.ok(isHandle(name));
  const seed = new Uint8Array(32);
  new DataView(seed.buffer).setUint32(0, n + 1);
  const keys = keyPairFromSeed(seed);
  return { did: makeDid(name, keys.publicKey), keys, card: makeCard({ handle: name, keys }) };
}

const EVE = stranger(0, "eve");
const MALLORY = stranger(1, "mallory");

/** A pair_drop as 0.5.19 makes it, with `changes` before it is signed. */
function dropText(who: Stranger, changes: JsonObject = {}, body: JsonObject = {}): string {
  const unsigned: JsonObject = {
    schema_version: "v3.1",
    timestamp: "2026-11-21T05:00:00.000000000Z",
    from: who.did,
    to: "did:wire:alice",
    type: "pair_drop",
    kind: 1100,
    body: { card: who.card, relay_url: "https://relay.test", ...body },
  };
  return signEvent(withMembers(unsigned, changes), who).text;
}

/** What was signed, changed afterwards. */
function tampered(text: string, changes: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ ...JSON.parse(text), ...changes });
}

const introduce = (
  world: RelayWorld,
  event: string,
  { nick = "alice", from = "192.0.2.9" }: { readonly nick?: string; readonly from?: string } = {},
): Promise<Answer> => world.call(`/v1/handle/intro/${nick}`, { body: `{"event":${event}}`, from });

async function claim(world: RelayWorld, nick: string): Promise<Slot> {
  const { text } = await world.call("/v1/slot/allocate", { body: { grants: true } });
  const { slot_id: id, slot_token: token } = JSON.parse(text);
  assert.ok(isSlotId(id));
  const keys = keyPairFromSeed(new Uint8Array(32).fill(nick.length + 100));
  await world.directory.claim({
    nick,
    did: makeDid(nick, keys.publicKey),
    publicKey: keys.publicKey,
    card: "{}",
    slotId: id,
    relayUrl: null,
    claimedAt: 0,
    isDiscoverable: undefined,
    provedAt: undefined,
    listing: undefined,
  });
  return { id, token };
}

function introTest(
  name: string,
  body: (world: RelayWorld, alice: Slot) => Promise<void>,
): void {
  Deno.test(name, async () => {
    await using world = new RelayWorld();
    await body(world, await claim(world, "alice"));
  });
}

const idOf = (text: string): string => JSON.parse(text).event_id;

introTest("intro: a stranger's request is stored, listed and streamed", async (world, alice) => {
  const text = dropText(EVE);
  const response = await world.response(`/v1/events/${alice.id}/stream`, { token: alice.token });
  const reader = response.body?.getReader();
  assert.equal(
    shown(await introduce(world, text)),
    `201 {"event_id":"${idOf(text)}","status":"dropped","to_nick":"alice"}`,
  );
  assert.equal(shown(await world.list(alice)), `200 [${text}]`);
  const read = await reader?.read();
  assert.equal(new TextDecoder().decode(read?.value), `data: ${text}\n\n`);
  await reader?.cancel();
  const again = await introduce(world, text, { from: "192.0.2.10" });
  assert.equal(again.status, 200);
  assert.match(
    again.text,
    new RegExp(`^\\{"digest":"[0-9a-f]{32}","event_id":"${idOf(text)}","status":"duplicate"\\}$`),
  );
  const card = dropText(EVE, { type: "agent_card" });
  assert.equal((await introduce(world, card)).status, 201);
  assert.equal((await world.store.counters()).events_posted_total, 0);
});

introTest("intro: a nick that nobody has claimed is 404", async (world) => {
  for (
    const [path, name] of [
      ["bob", '"bob"'],
      ["alice@relay.test", '"alice@relay.test"'],
      ["Alice", '"Alice"'],
      ["..%2f..%2fx", '"../../x"'],
      ["a%00b", '"a\\0b"'],
    ] as const
  ) {
    const answer = await introduce(world, dropText(EVE), { nick: path });
    assert.equal(answer.status, 404);
    assert.equal(
      JSON.parse(answer.text).error,
      `phyllis: that number's been disconnected — ${name} isn't claimed on this switchboard`,
    );
  }
});

introTest("intro: only kind 1100 and only pair_drop or agent_card", async (world, alice) => {
  const refused: readonly (readonly [JsonObject, number, string])[] = [
    [{ kind: 1 }, 1, "pair_drop"],
    [{ type: "decision" }, 1100, "decision"],
    [{ kind: 1101, type: "pair_drop_ack" }, 1101, "pair_drop_ack"],
    [{ kind: "1100" }, 0, "pair_drop"],
    [{ kind: -1100 }, 0, "pair_drop"],
    [{ kind: 4_294_968_396 }, 4_294_968_396, "pair_drop"],
    [{ kind: parseJson("1100.0") }, 0, "pair_drop"],
    [{ type: 7 }, 1100, ""],
    [{ type: null, kind: null }, 0, ""],
  ];
  for (const [changes, kind, type] of refused) {
    assert.equal(
      shown(await introduce(world, dropText(EVE, changes))),
      '400 {"error":"intro endpoint only accepts kind=1100 pair_drop / agent_card events",' +
        `"got_kind":${kind},"got_type":"${type}"}`,
    );
  }
  for (const odd of ["null", "[]", '"x"', "7", "{}"]) {
    assert.equal((await introduce(world, odd)).status, 400, odd);
  }
  assert.equal(shown(await world.list(alice)), "200 []");
});

introTest("P6: the card must name its own key, by signature, DID and key id", async (
  world,
  alice,
) => {
  const noCard = [{}, null, "card"].map((body) => dropText(EVE, { body }));
  for (const text of noCard) {
    assert.equal(
      shown(await introduce(world, text)),
      `400 {"error":"intro event body must embed 'card' field"}`,
    );
  }
  const stolen = signCard(withMembers(EVE.card, { did: MALLORY.did, handle: "mallory" }), EVE.keys);
  const edited = withMembers(EVE.card, { name: "Somebody Else" });
  const bare = signCard(withMembers(EVE.card, { did: "did:wire:eve" }), EVE.keys);
  const path = signCard(withMembers(EVE.card, { handle: "../../x" }), EVE.keys);
  for (const card of [stolen, edited, bare, path, null, "card", {}, []]) {
    const answer = await introduce(world, dropText(EVE, {}, { card }));
    assert.equal(answer.status, 400, JSON.stringify(card));
    assert.match(JSON.parse(answer.text).error, /^embedded card signature invalid: ./);
  }
  assert.equal(
    JSON.parse((await introduce(world, dropText(EVE, {}, { card: bare }))).text).error,
    "embedded card signature invalid: card DID does not commit to its verify key (suffix mismatch)",
  );
  assert.equal(shown(await world.list(alice)), "200 []");
});

introTest("P3: an id that would poison a cursor never gets in", async (world, alice) => {
  const text = dropText(EVE);
  const ids = ["a&limit=1", "", "../../x", idOf(text).toUpperCase(), "0".repeat(64), 7, null, {}];
  for (const event_id of ids) {
    assert.equal(
      shown(await introduce(world, tampered(text, { event_id }))),
      '400 {"error":"intro event id does not hash to the event"}',
      String(event_id),
    );
  }
  assert.equal(
    shown(await introduce(world, text.replace("{", '{"event_id":"x",'))),
    '400 {"error":"event has a repeated member"}',
  );
  assert.equal(shown(await world.list(alice)), "200 []");
});

introTest("P3: from, key and signature must be the card's", async (world, alice) => {
  const forged = dropText(EVE, { from: MALLORY.did });
  const bare = dropText(EVE, { from: "did:wire:eve" });
  const otherCard = dropText(EVE, {}, { card: MALLORY.card });
  const noFrom = dropText(EVE, { from: null });
  for (const text of [forged, bare, otherCard, noFrom]) {
    assert.equal(
      shown(await introduce(world, text)),
      `400 {"error":"intro event from is not the card's DID"}`,
    );
  }
  const byMallory = signEvent(parsed(dropText(EVE)), { did: EVE.did, keys: MALLORY.keys }).text;
  assert.equal(
    shown(await introduce(world, byMallory)),
    `400 {"error":"intro event public_key_id is not the card's key"}`,
  );
  const { signature, public_key_id } = JSON.parse(dropText(EVE));
  const other = JSON.parse(byMallory).signature;
  const unsigned = [
    tampered(byMallory, { public_key_id }),
    tampered(dropText(EVE), { signature: other }),
    tampered(dropText(EVE), { signature: signature.slice(4) }),
    tampered(dropText(EVE), { signature: "" }),
    tampered(dropText(EVE), { signature: null }),
  ];
  for (const text of unsigned) {
    assert.equal(
      shown(await introduce(world, text)),
      `400 {"error":"intro event signature is not by the card's key"}`,
    );
  }
  assert.equal(shown(await world.list(alice)), "200 []");
});

const parsed = (text: string): JsonObject => {
  const value = parseJson(text);
  assert.ok(isJsonObject(value));
  return value;
};

introTest("intro: 16 KiB pass, one byte more does not", async (world) => {
  const ofLength = (length: number): string => {
    const fill = (n: number): string => dropText(EVE, {}, { z: "x".repeat(n) });
    return fill(length - fill(0).length);
  };
  const fits = ofLength(MAX_INTRO_BYTES);
  assert.equal(fits.length, MAX_INTRO_BYTES);
  assert.equal((await introduce(world, fits)).status, 201);
  assert.equal(
    shown(await introduce(world, ofLength(MAX_INTRO_BYTES + 1))),
    '413 {"error":"intro event too large","max_bytes":16384}',
  );
});

introTest("P8: five valid ones a nick in 300 s; junk counts for nothing", async (world, alice) => {
  await claim(world, "bob");
  for (let n = 0; n < 50; n++) await introduce(world, tampered(dropText(EVE), { n }));
  const texts = Array.from({ length: 6 }, (_, n) => dropText(stranger(n + 2)));
  const send = (n: number): Promise<Answer> =>
    introduce(world, texts[n] ?? "", { from: `192.0.2.${n}` });
  for (let n = 0; n < 5; n++) {
    assert.equal((await send(n)).status, 201);
    assert.equal((await send(n)).status, 200, "a retry is no news");
  }
  const limited = '429 {"error":"too many pair-intros to \\"alice\\" — rate limited ' +
    '(5 per 300s). Try again shortly."}';
  assert.equal(shown(await send(5)), limited);
  assert.equal((await introduce(world, texts[5] ?? "", { nick: "bob" })).status, 201);
  await world.clock.advance(299_999);
  assert.equal(shown(await send(5)), limited);
  await world.clock.advance(1);
  assert.equal((await send(5)).status, 201);
  assert.equal(JSON.parse((await world.list(alice)).text).length, 6);
});

Deno.test("P8: one source cannot use up the nicks of a relay", async () => {
  await using world = new RelayWorld({ maxIntrosPerSource: 3 });
  for (const nick of ["alice", "bob", "carol", "dave"]) await claim(world, nick);
  const send = (n: number, nick: string, from: string): Promise<Answer> =>
    introduce(world, dropText(stranger(n + 2)), { nick, from });
  for (const [n, nick] of ["alice", "bob", "carol"].entries()) {
    assert.equal((await send(n, nick, "2001:db8::1")).status, 201);
  }
  assert.equal(
    shown(await send(9, "dave", "2001:db8::ffff")),
    '429 {"error":"too many pair-intros from your address — rate limited (3 per 300s). ' +
      'Try again shortly."}',
  );
  assert.equal((await send(9, "dave", "192.0.2.1")).status, 201);
});

Deno.test("lesson 25: a flood of strangers neither fills a mailbox nor stays", async () => {
  await using world = new RelayWorld({ maxIntrosPerNick: 1e9, maxIntrosPerSource: 1e9 });
  const alice = await claim(world, "alice");
  const friend = await introduce(world, dropText(EVE), { from: "198.51.100.7" });
  assert.equal(friend.status, 201);
  for (let n = 0; n < 150; n++) {
    const from = `192.0.${n % 20}.1`;
    assert.equal((await introduce(world, dropText(stranger(n + 2)), { from })).status, 201);
  }
  const listed = JSON.parse((await world.list(alice)).text);
  assert.equal(listed.length, MAX_LIVE_INTROS);
  assert.equal(listed[0].from, EVE.did, "the quiet one stays");
  const id = alice.id;
  assert.ok(isSlotId(id));
  assert.equal((await world.store.totals(id)).bytes, 0);
  await world.clock.advance(INTRO_TTL_MS);
  assert.equal(shown(await world.list(alice)), "200 []");
  assert.equal((await introduce(world, dropText(EVE))).status, 200, "its id is remembered");
});

Deno.test("intro: a full mailbox still takes strangers, a retired one nobody", async () => {
  await using world = new RelayWorld({ maxSlotBytes: 10 });
  const alice = await claim(world, "alice");
  await world.post(alice, '"12345678"');
  assert.equal((await introduce(world, dropText(EVE))).status, 201);
  const { id, token } = alice;
  await world.call(`/v1/slot/${id}`, { method: "DELETE", token });
  assert.equal(
    shown(await introduce(world, dropText(MALLORY))),
    '410 {"error":"mailbox moved or closed"}',
  );
});

Deno.test("P3: nothing that is not whole gets in, whatever is changed", async () => {
  await using world = new RelayWorld();
  const alice = await claim(world, "alice");
  const good = dropText(EVE);
  const members = Object.keys(JSON.parse(good)).filter((name) => name !== "schema_version");
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...members), fc.jsonValue(), async (name, value) => {
      fc.pre(JSON.stringify(JSON.parse(good)[name]) !== JSON.stringify(value));
      const { status } = await introduce(world, tampered(good, { [name]: value }));
      assert.ok(status === 400 || status === 413);
    }),
    { numRuns: testRuns(200) },
  );
  assert.equal(shown(await world.list(alice)), "200 []");
});

/** Nicks: docs/protocol/relay.md §5.9, §5.11 to §5.13 and §13.1, row by row. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { makeCard, signCard } from "../../protocol/identity/card.ts";
import { WireError } from "../../protocol/errors.ts";
import { RESERVED_NICKS } from "../../protocol/identity/did.ts";
import { printJson } from "../../protocol/json/print.ts";
import {
  isJsonArray,
  isJsonObject,
  JsonNumber,
  type JsonObject,
  member,
  withMembers,
} from "../../protocol/json/value.ts";
import { MemoryDirectory } from "../../store/directory/memory_directory.ts";
import { readVectors } from "../read_vectors.ts";
import { testRuns } from "../runs.ts";
import { type Agent, agent, cardWith, claim } from "./claims.ts";
import { RelayWorld, shown, type Slot } from "./relay_world.ts";

const ALICE = agent("alice");
const MALLORY = agent("mallory");
const AGENT = "/.well-known/wire/agent?handle=";
const A2A = "/.well-known/agent-card.json?handle=";

const TAKEN = (did: string, nick: string): string =>
  `409 {"claimed_by":"${did}","error":"phyllis: this line's already taken by someone else — pick ` +
  `another handle or buzz the rightful owner","nick":"${nick}"}`;
const BAD_NICK = (nick: string): string =>
  `400 {"error":"phyllis: that handle won't fit in the books — nicks need 2-32 chars, lowercase ` +
  `[a-z0-9_-], not on the reserved list","nick":${JSON.stringify(nick)}}`;
const UNKNOWN = (quoted: string): string =>
  `404 {"error":"phyllis: that number's been disconnected — ${quoted} isn't claimed on this ` +
  `switchboard"}`;

async function holder(world: RelayWorld, who: Agent = ALICE): Promise<{ who: Agent; slot: Slot }> {
  return { who, slot: await world.slot() };
}

Deno.test("claim: first 201 claimed, again 201 re-claimed, and it resolves", async () => {
  await using world = new RelayWorld();
  const alice = await holder(world);
  const answer = (status: string) =>
    `201 {"did":"${ALICE.did}","nick":"al-ice_9","status":"${status}"}`;
  assert.equal(shown(await claim(world, "al-ice_9", alice)), answer("claimed"));
  await world.clock.advance(1_999);
  assert.equal(shown(await claim(world, "al-ice_9", alice)), answer("re-claimed"));
  const { text } = await world.call(`${AGENT}al-ice_9`);
  assert.equal(
    text,
    `{"card":${await cardText(world, "al-ice_9")},"claimed_at":"2026-11-21T05:00:01Z",` +
      `"did":"${ALICE.did}","nick":"al-ice_9","relay_url":null,"slot_id":"${alice.slot.id}"}`,
  );
  assert.ok(!text.includes(alice.slot.token));
});

async function cardText(world: RelayWorld, nick: string): Promise<string> {
  return (await world.directory.find(nick))?.card ?? "";
}

Deno.test("claim: checks come in the order of the page", async () => {
  await using world = new RelayWorld();
  const alice = await holder(world);
  const bad = { relay_url: "ftp://x", card: {} };
  const post = (body: unknown, token?: string) =>
    world.call("/v1/handle/claim", { body, ...(token === undefined ? {} : { token }) });
  const { id: slot_id, token } = alice.slot;
  const all = { nick: "A", slot_id, ...bad };
  assert.equal(shown(await post(all)), '401 {"error":"missing Bearer token"}');
  const unknown = await post({ ...all, slot_id: "0".repeat(32) }, token);
  assert.equal(shown(unknown), '404 {"error":"unknown slot"}');
  assert.equal(
    shown(await post({ ...all, slot_id: "../x" }, token)),
    '404 {"error":"unknown slot"}',
  );
  const other = await world.slot();
  assert.equal(shown(await post(all, other.token)), '403 {"error":"bad token"}');
  assert.equal(shown(await post(all, token)), BAD_NICK("A"));
  assert.equal(
    shown(await post({ ...all, nick: "al" }, token)),
    '400 {"error":"relay_url must be http(s)://host[:port] with no userinfo","relay_url":"ftp://x"}',
  );
  assert.equal(
    shown(await post({ ...all, nick: "al", relay_url: null }, token)),
    '400 {"error":"card signature invalid: missing field: signature"}',
  );
});

Deno.test("claim: a body of the wrong shape is told before the token", async () => {
  await using world = new RelayWorld();
  const good = { nick: "al", slot_id: "x", card: {} };
  const wrong = [
    { ...good, nick: undefined },
    { ...good, slot_id: 5 },
    { ...good, card: undefined },
    { ...good, relay_url: 5 },
    { ...good, discoverable: "no" },
    [],
  ];
  for (const body of wrong) {
    const { status, text } = await world.call("/v1/handle/claim", { body });
    assert.equal(status, 422);
    assert.match(text, /^Failed to deserialize the JSON body into the target type: /);
  }
  const twice = '{"nick":"al","nick":"al","slot_id":"x","card":{}}';
  assert.equal((await world.call("/v1/handle/claim", { body: twice })).status, 422);
  const nested = '{"nick":"al","slot_id":"x","card":{},"other":{"a":1,"a":2}}';
  assert.equal((await world.call("/v1/handle/claim", { body: nested })).status, 422);
  const nulls = { ...good, card: null, relay_url: null, discoverable: null };
  assert.equal((await world.call("/v1/handle/claim", { body: nulls })).status, 401);
});

Deno.test("claim: nicks are 2 to 32 of a-z 0-9 _ -, never a reserved one or a path", async () => {
  await using world = new RelayWorld();
  const alice = await holder(world);
  for (const nick of ["--", "a-", "_0", "a".repeat(32), "1e5"]) {
    assert.equal((await claim(world, nick, alice)).status, 201, nick);
  }
  const bad = [
    "",
    "a",
    "a".repeat(33),
    "Alice",
    "al ice",
    "../../x",
    "a\0b",
    "ünder",
    "a.b",
    "a@b",
  ];
  for (const nick of bad) assert.equal(shown(await claim(world, nick, alice)), BAD_NICK(nick));
});

Deno.test("claim: every reserved nick of the vectors is refused", async () => {
  await using world = new RelayWorld();
  const alice = await holder(world);
  const reserved = (await readVectors("cards.json"))["reserved_nicks"];
  assert.ok(Array.isArray(reserved) && reserved.length === 52);
  assert.equal(RESERVED_NICKS.size, 52);
  for (const nick of reserved) {
    assert.equal(shown(await claim(world, nick, alice)), BAD_NICK(nick));
  }
});

Deno.test("claim: relay_url is http(s) with a host and nothing that misleads", async () => {
  await using world = new RelayWorld();
  const alice = await holder(world);
  for (
    const url of [
      "https://relay.example",
      "http://127.0.0.1:8770/",
      "https://[::1]:1/a/b",
      "HTTP://h",
    ]
  ) {
    assert.equal((await claim(world, "al", alice, { body: { relay_url: url } })).status, 201);
    assert.equal(JSON.parse((await world.call(`${AGENT}al`)).text).relay_url, url);
  }
  for (
    const url of [
      "javascript:alert(1)",
      "relay.example",
      "//relay.example",
      "http:relay.example",
      "http:///x",
      "https://",
      "https://user@relay.example",
      "https://user:pw@relay.example",
      "https://relay.example /x",
      "https://relay.example\n",
      "https://relay.exa\u0000mple",
      "https://relay\\x",
      `https://${"x".repeat(3000)}`,
    ]
  ) {
    assert.equal(
      shown(await claim(world, "al", alice, { body: { relay_url: url } })),
      `400 ${
        JSON.stringify({
          error: "relay_url must be http(s)://host[:port] with no userinfo",
          relay_url: url,
        })
      }`,
    );
  }
});

Deno.test("claim: a re-claim without relay_url erases the old one; an empty one is none", async () => {
  await using world = new RelayWorld();
  const alice = await holder(world);
  for (const body of [{ relay_url: undefined }, { relay_url: "" }]) {
    await claim(world, "al", alice, { body: { relay_url: "https://relay.example" } });
    assert.equal((await claim(world, "al", alice, { body })).status, 201);
    assert.equal(JSON.parse((await world.call(`${AGENT}al`)).text).relay_url, null);
  }
});

Deno.test("claim: bad cards are refused with the reference's reasons", async () => {
  await using world = new RelayWorld();
  const alice = await holder(world);
  const [entry] = Object.entries(ALICE.card["verify_keys"] ?? {});
  assert.ok(entry !== undefined);
  const [keyName, key] = entry;
  const refusals: readonly [JsonObject, string][] = [
    [{ signature: undefined }, "card signature invalid: missing field: signature"],
    [{ signature: 5 }, "card signature invalid: missing field: signature"],
    [{ signature: "AA==" }, "card signature invalid: signature decode failed"],
    [{ verify_keys: undefined }, "card signature invalid: missing field: verify_keys"],
    [{ verify_keys: {} }, "card signature invalid: verify_keys is empty or malformed"],
    [
      { verify_keys: { [keyName]: {} } },
      "card signature invalid: missing field: verify_keys[*].key",
    ],
    [{ name: "Other" }, "card signature invalid: signature did not verify"],
  ];
  for (const [members, error] of refusals) {
    const card = withMembers(ALICE.card, members);
    assert.equal(shown(await claim(world, "al", alice, { card })), `400 {"error":"${error}"}`);
  }
  const signed: readonly [JsonObject, RegExp][] = [
    [{ did: undefined }, /^card missing 'did' field$/],
    [{ did: 5 }, /^card missing 'did' field$/],
    [{ did: "did:wire:alice" }, /does not commit to its verify key \(suffix mismatch\)$/],
    [{ did: "did:wire:alice-00000000" }, /does not commit/],
    [{ did: "did:wire:op:alice" }, /does not commit/],
    [{ handle: "bob" }, /^card signature invalid: card's handle/],
    [{ handle: "../../x" }, /^card signature invalid: card's handle/],
    [{ verify_keys: { [keyName]: key, "ed25519:zz": key } }, /more than one verify key/],
  ];
  for (const [members, error] of signed) {
    const { status, text } = await claim(world, "al", alice, { card: cardWith(ALICE, members) });
    assert.equal(status, 400);
    assert.match(JSON.parse(text).error, error);
  }
  assert.equal((await world.call(`${AGENT}al`)).status, 404);
});

Deno.test("claim: every card of the vectors that 0.5.19 made is taken and served unchanged", async () => {
  await using world = new RelayWorld();
  const { slot } = await holder(world);
  const cards = (await readVectors("cards.json"))["valid"];
  assert.ok(isJsonArray(cards) && cards.length >= 10);
  for (const [i, entry] of cards.entries()) {
    const card = isJsonObject(entry) ? member(entry, "signed") : undefined;
    assert.ok(isJsonObject(card));
    const answer = await claim(world, `nick${i}`, { who: ALICE, slot }, { card });
    assert.equal(answer.status, 201, answer.text);
    assert.equal(await cardText(world, `nick${i}`), printJson(card));
  }
});

Deno.test("claim: a card that repeats a member, at any depth, is refused", async () => {
  await using world = new RelayWorld();
  const { id, token } = await world.slot();
  for (const card of ['{"did":1,"did":2}', '{"a":[{"b":1,"c":2,"b":3}]}']) {
    const body = `{"card":${card},"nick":"al","slot_id":"${id}"}`;
    const answer = await world.call("/v1/handle/claim", { token, body });
    assert.equal(shown(answer), '400 {"error":"event has a repeated member"}');
  }
});

Deno.test("claim: a card has at most 32 KiB and 100 levels", async () => {
  await using world = new RelayWorld();
  const alice = await holder(world);
  const nested = (levels: number): JsonObject => {
    let value: JsonObject = {};
    for (let i = 1; i < levels; i++) value = { a: value };
    return value;
  };
  const size = (bytes: number) =>
    claim(world, "al", alice, { card: cardWith(ALICE, { motto: "x".repeat(bytes) }) });
  assert.equal((await size(32_000)).status, 201);
  assert.equal(shown(await size(33_000)), '413 {"error":"card exceeds 32 KiB","max_bytes":32768}');
  const deep = (levels: number) =>
    claim(world, "al", alice, { card: cardWith(ALICE, { profile: nested(levels) }) });
  assert.equal((await deep(99)).status, 201);
  for (const path of [AGENT, A2A]) assert.equal((await world.call(`${path}al`)).status, 200);
  assert.equal(shown(await deep(100)), '400 {"error":"card is nested too deep"}');
});

Deno.test("lesson 24: handle hijack: a card with Alice's DID and another key is refused", async () => {
  await using world = new RelayWorld();
  await claim(world, "alice", await holder(world));
  const before = (await world.call(`${AGENT}alice`)).text;
  const mallory = await holder(world, MALLORY);
  // The attack of §5.9: Alice's identity in every word, Mallory's key and signature.
  const forged = signCard(
    withMembers(makeCard({ handle: "alice", keys: MALLORY.keys }), { did: ALICE.did }),
    MALLORY.keys,
  );
  const attempt = await claim(world, "alice", mallory, { card: forged });
  assert.equal(
    shown(attempt),
    '400 {"error":"card signature invalid: card DID does not commit to its verify key (suffix ' +
      'mismatch)"}',
  );
  // Nor does a card of Mallory's own help, whatever handle it has.
  for (const card of [MALLORY.card, agent("alice", "mallory's own alice").card]) {
    assert.equal(shown(await claim(world, "alice", mallory, { card })), TAKEN(ALICE.did, "alice"));
  }
  assert.equal((await world.call(`${AGENT}alice`)).text, before);
});

Deno.test("claim: of eight first claims by different DIDs at once one wins", async () => {
  await using world = new RelayWorld();
  const holders = await Promise.all(
    Array.from({ length: 8 }, (_, i) => holder(world, agent(`agent${i}`))),
  );
  const answers = await Promise.all(holders.map((one) => claim(world, "prize", one)));
  const winner = answers.findIndex(({ status }) => status === 201);
  const did = holders[winner]?.who.did ?? "";
  answers.forEach((answer, i) => {
    if (i !== winner) assert.equal(shown(answer), TAKEN(did, "prize"));
  });
  assert.equal(JSON.parse((await world.call(`${AGENT}prize`)).text).did, did);
});

Deno.test("lesson 27: two operators with one handle are two, each found under a nick of its own", async () => {
  await using world = new RelayWorld();
  const [one, two] = [agent("sam", "one"), agent("sam", "two")];
  const second = await holder(world, two);
  assert.equal((await claim(world, "sam", await holder(world, one))).status, 201);
  assert.equal(shown(await claim(world, "sam", second)), TAKEN(one.did, "sam"));
  assert.equal((await claim(world, "sam-2", second)).status, 201);
  const dids = await Promise.all(
    ["sam", "sam-2"].map(async (nick) =>
      JSON.parse((await world.call(`${AGENT}${nick}`)).text).did
    ),
  );
  assert.deepEqual(dids, [one.did, two.did]);
  assert.notEqual(one.did, two.did);
});

Deno.test("claim, register: no JSON makes them do more than answer", async () => {
  await using world = new RelayWorld();
  const { slot } = await holder(world);
  const value = fc.jsonValue({ maxDepth: 4 });
  await fc.assert(
    fc.asyncProperty(value, value, value, fc.string(), async (card, profile, other, nick) => {
      const signed = cardWith(ALICE, JSON.parse(JSON.stringify({ profile, other })));
      const bodies = [
        { nick, slot_id: slot.id, card, relay_url: nick, discoverable: other },
        { nick: "al", slot_id: slot.id, card, relay_url: other },
        { nick: "al", slot_id: slot.id, card: JSON.parse(printJson(signed)) },
      ];
      for (const body of bodies) {
        const { status } = await world.call("/v1/handle/claim", { body, token: slot.token });
        assert.ok(status < 500, `${status}`);
      }
      const invite = { invite_url: nick, ttl_seconds: other, uses: card };
      const { status } = await world.call("/v1/invite/register", { body: invite });
      assert.ok(status < 500, `${status}`);
      for (const path of [`${AGENT}al`, `${A2A}al`, "/v1/handles"]) {
        assert.ok((await world.call(path)).status < 500);
      }
    }),
    { numRuns: testRuns(60) },
  );
});

Deno.test("claim: one DID may hold many nicks, and one slot may back those of several", async () => {
  await using world = new RelayWorld();
  const slot = await world.slot();
  assert.equal((await claim(world, "one", { who: ALICE, slot })).status, 201);
  assert.equal((await claim(world, "two", { who: ALICE, slot })).status, 201);
  assert.equal((await claim(world, "three", { who: MALLORY, slot })).status, 201);
});

Deno.test("lesson 49: a full directory answers 503 to new nicks only", async () => {
  await using world = new RelayWorld({ maxHandles: 1 });
  const alice = await holder(world);
  await claim(world, "one", alice);
  const full = '503 {"error":"relay handle-directory capacity reached"}';
  assert.equal(shown(await claim(world, "two", alice)), full);
  assert.match(shown(await claim(world, "one", alice)), /re-claimed/);
});

Deno.test("claim: a source that makes too many is slowed down", async () => {
  await using world = new RelayWorld({ burst: 3, perSecond: 1 });
  const alice = await holder(world);
  assert.equal((await claim(world, "one", alice)).status, 201);
  assert.equal((await claim(world, "two", alice)).status, 201);
  assert.match(shown(await claim(world, "three", alice)), /^429 Too Many Requests! Wait for 1s$/);
});

Deno.test("claim: a disk failure is 500 persist failed", async () => {
  class FullDisk extends MemoryDirectory {
    override claim(): Promise<never> {
      return Promise.reject(new WireError("write_failed", "no space left"));
    }
  }
  await using world = new RelayWorld(
    {},
    { directory: new FullDisk({ maxHandles: 1, maxInvites: 1 }) },
  );
  const answer = await claim(world, "al", await holder(world));
  assert.equal(shown(answer), '500 {"error":"persist failed: no space left"}');
});

Deno.test("resolving: handle, errors, and hidden ones", async () => {
  await using world = new RelayWorld();
  await claim(world, "alice", await holder(world), { body: { discoverable: false } });
  for (const path of [AGENT, A2A]) {
    assert.equal((await world.call(`${path}alice`)).status, 200);
    const plain = (await world.call(`${path}alice`)).text;
    assert.equal((await world.call(`${path}alice@anything.example@x`)).text, plain);
    assert.equal((await world.call(`${path}alice&handle=bob&x=1`)).text, plain);
    const missing = '400 {"error":"handle missing nick"}';
    for (const empty of ["", "@relay.example"]) {
      assert.equal(shown(await world.call(path + empty)), missing);
    }
    assert.equal(shown(await world.call(`${path}nobody@x`)), UNKNOWN('\\"nobody\\"'));
    assert.equal(shown(await world.call(`${path}Alice`)), UNKNOWN('\\"Alice\\"'));
    assert.equal(shown(await world.call(`${path}a%0a%22`)), UNKNOWN('\\"a\\\\n\\\\\\"\\"'));
    assert.equal((await world.call(`${path}${"x".repeat(5000)}`)).status, 404);
    const none = await world.call(path.slice(0, path.indexOf("?")));
    assert.equal(
      shown(none),
      "400 Failed to deserialize query string: missing field `handle`",
    );
    const head = await world.response(`${path}alice`, { method: "HEAD" });
    assert.equal(head.status, 200);
    assert.equal(await head.text(), "");
  }
});

Deno.test("agent-card.json: the A2A body", async () => {
  await using world = new RelayWorld();
  const profile = { display_name: "Al", motto: "é", n: new JsonNumber("1.50") };
  const card = cardWith(ALICE, { profile });
  const alice = await holder(world);
  await claim(world, "al", alice, { card, body: { relay_url: "https://relay.example//" } });
  const answer = await world.call(`${A2A}al`);
  assert.equal(answer.headers.get("content-type"), "application/json");
  const body = JSON.parse(answer.text);
  const { description } = body.securitySchemes["ed25519-event-sig"];
  const [extension] = body.extensions;
  assert.ok(typeof description === "string" && typeof extension.description === "string");
  assert.ok(answer.text.includes('"n":1.50'), "numbers keep their spelling");
  const stored = JSON.parse(await cardText(world, "al"));
  assert.deepEqual(body, {
    id: ALICE.did,
    name: "Al",
    description: "é",
    version: "wire/0.5",
    endpoint: "https://relay.example/v1/handle/intro/al",
    provider: { name: "wire", url: "https://github.com/SlanchaAi/wire" },
    capabilities: { extendedAgentCard: true, pushNotifications: false, streaming: false },
    securitySchemes: { "ed25519-event-sig": { alg: "EdDSA", description, type: "signature" } },
    security: [{ "ed25519-event-sig": [] }],
    skills: [],
    extensions: [{
      uri: "https://slancha.ai/wire/ext/v0.5",
      required: false,
      description: extension.description,
      params: {
        card: stored,
        claimed_at: "2026-11-21T05:00:00Z",
        did: ALICE.did,
        handle: "al",
        profile: stored.profile,
        relay_url: "https://relay.example//",
        slot_id: alice.slot.id,
      },
    }],
    signature: stored.signature,
  });
});

Deno.test("agent-card.json: what a card does not say, or says in another type", async () => {
  await using world = new RelayWorld();
  const alice = await holder(world);
  for (const profile of [undefined, null, "x", { display_name: 5, motto: ["x"] }]) {
    await claim(world, "al", alice, { card: cardWith(ALICE, { profile }) });
    const body = JSON.parse((await world.call(`${A2A}al`)).text);
    assert.equal(body.name, "al");
    assert.equal(body.description, "");
    assert.equal(body.endpoint, "/v1/handle/intro/al");
    const isObject = typeof profile === "object" && profile !== null;
    assert.deepEqual(body.extensions[0].params.profile, isObject ? profile : null);
    assert.equal(body.extensions[0].params.relay_url, null);
  }
});

Deno.test("handles: the phonebook's lines, pages and filters", async () => {
  await using world = new RelayWorld();
  const alice = await holder(world);
  const profile = {
    emoji: "A",
    motto: "alpha é",
    now: { text: "t" },
    pronouns: "she",
    vibe: ["Nocturnal", new JsonNumber("5.0")],
    display_name: "not shown",
  };
  await claim(world, "alice", alice, { card: cardWith(ALICE, { profile }) });
  await claim(world, "bob", alice);
  const empty = '{"emoji":null,"motto":null,"now":null,"pronouns":null,"vibe":null}';
  const line = (nick: string, shownProfile: string) =>
    `{"claimed_at":"2026-11-21T05:00:00Z","did":"${ALICE.did}","nick":"${nick}",` +
    `"profile":${shownProfile}}`;
  const full = '{"emoji":"A","motto":"alpha é","now":{"text":"t"},"pronouns":"she",' +
    '"vibe":["Nocturnal",5.0]}';
  const page = async (query: string): Promise<string> =>
    shown(await world.call(`/v1/handles${query}`));
  const both = `200 {"handles":[${line("alice", full)},${line("bob", empty)}],"next_cursor":null}`;
  const first = `200 {"handles":[${line("alice", full)}],"next_cursor":"alice"}`;
  const last = `200 {"handles":[${line("bob", empty)}],"next_cursor":null}`;
  const none = '200 {"handles":[],"next_cursor":null}';
  assert.equal(await page(""), both);
  assert.equal(await page("?limit=0"), first, "0 acts as 1");
  assert.equal(await page("?limit=99999999999"), both);
  assert.equal(await page("?limit=1&cursor=alice"), last);
  assert.equal(await page("?cursor=alicf&unknown=1"), last, "a cursor need not exist");
  assert.equal(await page("?cursor=zzz"), none);
  assert.equal(
    await page("?vibe=nOCTURNAL"),
    `200 {"handles":[${line("alice", full)}],"next_cursor":null}`,
  );
  for (const vibe of ["", "5", "noct", "Nocturnal%20"]) {
    assert.equal(await page(`?vibe=${vibe}`), none);
  }
  for (const limit of ["", "-1", "x", "1.5"]) {
    assert.match(await page(`?limit=${limit}`), /^400 Failed to deserialize query string: /);
  }
});

Deno.test("handles: hidden, unlisted and trial nicks are left out, and hiding sticks", async () => {
  await using world = new RelayWorld();
  const alice = await holder(world);
  const nicks = async (): Promise<string[]> =>
    JSON.parse((await world.call("/v1/handles")).text).handles
      .map(({ nick }: { nick: string }) => nick);
  const unlisted = cardWith(ALICE, { profile: { listed: false } });
  await claim(world, "demo-x", alice);
  await claim(world, "test-x", alice);
  await claim(world, "unlisted", alice, { card: unlisted });
  await claim(world, "listed", alice, { card: cardWith(ALICE, { profile: { listed: "no" } }) });
  await claim(world, "hidden", alice, { body: { discoverable: false } });
  assert.deepEqual(await nicks(), ["listed"]);
  await claim(world, "hidden", alice, { body: { discoverable: null } });
  await claim(world, "hidden", alice);
  assert.deepEqual(await nicks(), ["listed"]);
  await claim(world, "hidden", alice, { body: { discoverable: true } });
  await claim(world, "unlisted", alice);
  assert.deepEqual(await nicks(), ["hidden", "listed", "unlisted"]);
});

Deno.test("unclaim: with the token of the slot that the nick points to", async () => {
  await using world = new RelayWorld();
  const alice = await holder(world);
  const mallory = await holder(world, MALLORY);
  await claim(world, "alice", alice);
  const unclaim = (nick: string, token?: string) =>
    world.call(`/v1/handle/claim/${encodeURIComponent(nick)}`, {
      method: "DELETE",
      ...(token === undefined ? {} : { token }),
    }).then(shown);
  const { token } = alice.slot;
  for (const nick of ["A", "admin", "../../x", "a\0"]) {
    assert.equal(await unclaim(nick, token), '400 {"error":"invalid nick"}');
  }
  const nobody = '404 {"error":"\\"nobody\\" isn\'t claimed"}';
  assert.equal(await unclaim("nobody", token), nobody);
  assert.equal(await unclaim("alice"), '401 {"error":"missing Bearer token"}');
  assert.equal(await unclaim("alice", mallory.slot.token), '403 {"error":"bad token"}');
  assert.equal(await unclaim("alice", token), '200 {"nick":"alice","status":"unclaimed"}');
  assert.equal(await unclaim("alice", token), nobody.replace("nobody", "alice"));
  assert.equal((await world.call(`${AGENT}alice`)).status, 404);
  assert.match(shown(await claim(world, "alice", mallory)), /^201 .*"claimed"/);
});

Deno.test("a nick of a retired slot resolves, is not claimed with it, and is unclaimed with it", async () => {
  await using world = new RelayWorld();
  const made = await world.call("/v1/slot/allocate", { body: { grants: true } });
  const { slot_id: id, slot_token: token } = JSON.parse(made.text);
  const alice = { who: ALICE, slot: { id, token } };
  await claim(world, "alice", alice);
  const retired = await world.call(`/v1/slot/${id}`, { method: "DELETE", token });
  assert.equal(retired.status, 200);
  assert.equal((await world.call(`${AGENT}alice`)).status, 200);
  const gone = '410 {"error":"mailbox moved or closed"}';
  assert.equal(shown(await claim(world, "alice", alice)), gone);
  const unclaim = { method: "DELETE", token };
  assert.equal((await world.call("/v1/handle/claim/alice", unclaim)).status, 200);
  assert.equal((await world.call(`${AGENT}alice`)).status, 404);
});

Deno.test("a grant neither claims nor unclaims", async () => {
  await using world = new RelayWorld();
  const made = await world.call("/v1/slot/allocate", { body: { grants: true } });
  const { slot_id: id, slot_token: token } = JSON.parse(made.text);
  await claim(world, "alice", { who: ALICE, slot: { id, token } });
  const granted = await world.call(`/v1/slot/${id}/grants`, { token, body: {} });
  const grant = { id, token: JSON.parse(granted.text).token };
  assert.equal((await claim(world, "alice", { who: ALICE, slot: grant })).status, 403);
  const unclaim = { method: "DELETE", token: grant.token };
  assert.equal((await world.call("/v1/handle/claim/alice", unclaim)).status, 403);
});

Deno.test("--local-only: claims work, and nothing shows them", async () => {
  await using world = new RelayWorld({ burst: 100 }, { isLocalOnly: true });
  const alice = await holder(world);
  assert.equal((await claim(world, "alice", alice)).status, 201);
  for (
    const path of [
      `${AGENT}alice`,
      `${A2A}alice`,
      "/v1/handles",
      "/i/abcdef",
      "/i/abcdef?format=url",
    ]
  ) {
    assert.equal(shown(await world.call(path)), "404 ", path);
  }
  const invite = { body: { invite_url: "wire://pair?x" } };
  assert.equal(shown(await world.call("/v1/invite/register", invite)), "404 ");
  const { status } = await world.call("/v1/handle/claim/alice", {
    method: "DELETE",
    token: alice.slot.token,
  });
  assert.equal(status, 200);
});

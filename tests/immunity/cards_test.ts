/**
 * Cards that say one thing and prove another, sent in at every door: none of them is pinned, none
 * becomes a request, none stands in a directory.
 */
import assert from "node:assert/strict";
import { signCard } from "../../protocol/identity/card.ts";
import { keyPairFromSeed, toBase64 } from "../../protocol/identity/keys.ts";
import { type Did, isSlotId, isSlotToken, parseRelayUrl } from "../../protocol/ids.ts";
import { isInviteNonce } from "../../protocol/invite/invite_record.ts";
import { mintInvite } from "../../protocol/invite/invite_url.ts";
import { printJson } from "../../protocol/json/print.ts";
import { type JsonObject, withMembers } from "../../protocol/json/value.ts";
import { parseBootstrap } from "../../protocol/pairing/bootstrap.ts";
import { RELAY_URL } from "../pairing/machines.ts";
import { AttackWorld, dropFrom, LAIR, signed, type Stranger, stranger } from "./attack_world.ts";

const CAROL = stranger("carol");
const MALLORY = stranger("mallory");
/** Honest under that name with the wrong key. */
const NAMESAKE = stranger("carol", "mallory");

const lie = (members: JsonObject): JsonObject =>
  signCard(withMembers(NAMESAKE.card, members), MALLORY.keys);
const key = ({ keys }: Stranger, active: boolean = IS_ACTIVE): JsonObject => ({
  key: toBase64(keys.publicKey),
  alg: "ed25519",
  active,
});
const IS_ACTIVE = true;
const IS_RETIRED = false;
const suffix = (did: string): string => did.slice(-8);

/** All signed by MALLORY, all of them about CAROL. */
const LIES: Readonly<Record<string, JsonObject>> = {
  "another's DID": lie({ did: CAROL.did }),
  "another's DID and key name": lie({
    did: CAROL.did,
    verify_keys: { [`ed25519:carol:${suffix(CAROL.did)}`]: key(NAMESAKE) },
  }),
  "her key beside the one that signs": lie({
    did: CAROL.did,
    verify_keys: {
      [`ed25519:carol:${suffix(CAROL.did)}`]: key(CAROL),
      "ed25519:0": key(NAMESAKE),
    },
  }),
  "a DID that is no key's": lie({ did: "did:wire:carol" }),
  "a DID in capitals": lie({ did: `did:wire:carol-${suffix(NAMESAKE.did).toUpperCase()}` }),
  "a handle that is not the DID's": lie({ did: MALLORY.did }),
  "a key that is retired": lie({
    verify_keys: { [`ed25519:carol:${suffix(NAMESAKE.did)}`]: key(NAMESAKE, IS_RETIRED) },
  }),
  "her own card, changed": withMembers(CAROL.card, { name: "Mallory" }),
  "her own card, signed by another": signCard(CAROL.card, MALLORY.keys),
};

const liar = (card: JsonObject): Stranger => {
  const did = String(card["did"]);
  assert.ok(isDid(did));
  return { did, keys: MALLORY.keys, card };
};
const isDid = (text: string): text is Did => text.startsWith("did:wire:");

async function forEachLie(
  attack: (world: AttackWorld, card: JsonObject, name: string) => Promise<void>,
): Promise<void> {
  await using world = await AttackWorld.create();
  const before = await world.standing();
  for (const [name, card] of Object.entries(LIES)) await attack(world, card, name);
  assert.deepEqual(await world.standing(), before);
  assert.deepEqual(await world.waiting(), []);
}

Deno.test("lesson 24: no lying card comes in with an invite that is accepted", async () => {
  await forEachLie(async ({ ida }, card, name) => {
    const relayUrl = parseRelayUrl(RELAY_URL);
    const { slot_id: slotId, slot_token: slotToken } = LAIR;
    const nonce = "0".repeat(64);
    assert.ok(relayUrl !== undefined && isSlotId(slotId) && isSlotToken(slotToken));
    assert.ok(isInviteNonce(nonce));
    const { keys } = MALLORY;
    for (const did of [CAROL.did, liar(card).did]) {
      const input = { did, card, relayUrl, slotId, slotToken, nonce, exp: 4_000_000_000, keys };
      const { code, stdout } = await ida.run(["accept", mintInvite(input)]);
      assert.deepEqual([code, stdout], [1, ""], name);
    }
  });
});

Deno.test("lesson 24: no lying card takes a use of an invite, nor waits for the operator", async () => {
  await forEachLie(async (world, card, name) => {
    const who = liar(card);
    const { searchParams } = new URL((await world.ida.ok(["invite", "--uses", "9"])).trim());
    const [payload = ""] = (searchParams.get("inv") ?? "").split(".");
    const bytes = Uint8Array.fromBase64(payload, { alphabet: "base64url" });
    const { nonce: pair_nonce } = JSON.parse(new TextDecoder().decode(bytes));
    const { rejected } = await world.strike(
      signed(dropFrom(who, world.idaDid, { pair_nonce }), who),
      signed(dropFrom(who, world.idaDid), who),
      signed(dropFrom({ ...who, did: CAROL.did }, world.idaDid), { ...who, did: CAROL.did }),
    );
    assert.equal(rejected.length, 3, name);
  });
});

Deno.test("lesson 24: no lying card of a directory is added or shown, by either of its routes", async () => {
  await forEachLie(async (world, card, name) => {
    const record = {
      nick: "carol",
      did: String(card["did"]),
      card,
      slot_id: LAIR.slot_id,
      relay_url: RELAY_URL,
      claimed_at: "2026-11-21T05:00:00Z",
    };
    const extensions = [{ uri: "https://slancha.ai/wire/ext/v0", params: record }];
    const answers: Readonly<Record<string, JsonObject>>[] = [
      { "/.well-known/wire/agent": record },
      { "/.well-known/wire/agent": { ...record, did: CAROL.did } },
      { "/.well-known/agent-card.json": { extensions } },
    ];
    for (const routes of answers) {
      world.intercept = (request) => {
        const { pathname } = new URL(request.url);
        if (!pathname.startsWith("/.well-known/")) return Promise.resolve(undefined);
        const answer = routes[pathname];
        return Promise.resolve(
          answer === undefined
            ? new Response("", { status: 404 })
            : new Response(printJson(answer), { headers: { "content-type": "application/json" } }),
        );
      };
      for (const command of ["add", "whois"]) {
        const args = [command, "carol@r.example", "--relay", RELAY_URL, "--json"];
        const { code, stdout } = await world.ida.run(args);
        assert.deepEqual([code, stdout], [1, ""], `${command}: ${name}`);
      }
    }
  });
});

Deno.test("lesson 24: no lying card is pinned from a file", async () => {
  await forEachLie(async ({ ida }, card, name) => {
    await ida.platform.files.writeAtomic("/card.json", printJson(card), { point: "test.card" });
    const { code, stdout } = await ida.run(["pin", "/card.json"]);
    assert.deepEqual([code, stdout], [1, ""], name);
  });
});

Deno.test("lesson 24: no lying card replaces the one of a peer, though the peer itself sends it", async () => {
  await using world = await AttackWorld.create();
  const seed = await world.bob.platform.files.readBytes("/bob/config/wire/private.key");
  assert.ok(seed !== undefined && isDid(world.bobDid));
  const bob = { did: world.bobDid, keys: keyPairFromSeed(seed) };
  const before = await world.standing();
  const updates = Object.values(LIES).map((card) => ({
    ...dropFrom({ ...bob, card }, world.idaDid),
    type: "agent_card",
    body: { card: withMembers(card, { issued_at: "2030-01-01T00:00:00Z" }) },
  }));
  const { rejected } = await world.strike(...updates.map((it) => signed(it, { ...bob, card: {} })));
  assert.deepEqual(rejected, [], "they are his words, and stand in the inbox");
  assert.deepEqual(await world.standing(), before);
});

Deno.test("lesson 24: no lying card gets a nick, and none is introduced", async () => {
  await using world = await AttackWorld.create();
  const { relay } = world.machines;
  const slot = await relay.slot();
  await world.ida.ok(["claim", "ida", "--relay", RELAY_URL]);
  for (const [name, card] of Object.entries(LIES)) {
    const claim = await relay.call("/v1/handle/claim", {
      token: slot.token,
      body: printJson({ nick: "carol", slot_id: slot.id, relay_url: null, card }),
    });
    assert.equal(claim.status, 400, `${name}: ${claim.text}`);
    const who = liar(card);
    const event = printJson(signed(dropFrom(who, world.idaDid), who));
    const intro = await relay.call("/v1/handle/intro/ida", { body: `{"event":${event}}` });
    assert.equal(intro.status, 400, `${name}: ${intro.text}`);
  }
  assert.equal((await relay.call("/.well-known/wire/agent?handle=carol")).status, 404);
});

Deno.test("lesson 24: no lying card is in a bootstrap that is believed", () => {
  for (const [name, card] of Object.entries(LIES)) {
    const text = printJson({ card, ...LAIR });
    const parsed = parseBootstrap(new TextEncoder().encode(text), CAROL.keys.publicKey);
    assert.ok(!parsed.ok && parsed.reason === "bad_card", name);
  }
});

Deno.test("an honest card comes in where the lying ones did not", async () => {
  await using world = await AttackWorld.create();
  const { ida, machines: { relay } } = world;
  const asked = await world.strike(signed(dropFrom(NAMESAKE, world.idaDid), NAMESAKE));
  assert.deepEqual(asked.waiting, ["carol"]);
  const card = printJson(NAMESAKE.card);
  await ida.platform.files.writeAtomic("/card.json", card, { point: "test.card" });
  await ida.ok(["pin", "/card.json"]);
  assert.ok("carol" in await ida.tiers());
  const slot = await relay.slot();
  const body = `{"nick":"carol","slot_id":"${slot.id}","relay_url":null,"card":${card}}`;
  assert.equal((await relay.call("/v1/handle/claim", { token: slot.token, body })).status, 201);
});

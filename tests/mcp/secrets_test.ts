/** P5: secrets in every file of a home that can hold one, against every result. */
import assert from "node:assert/strict";
import { CATALOGUE } from "../../mcp/catalogue.ts";
import { bearerToken } from "../../mcp/http/token.ts";
import { PROFILES } from "../../mcp/profile.ts";
import { begin } from "../../protocol/pair2/machine.ts";
import { isInviteNonce } from "../../protocol/invite/invite_record.ts";
import { parseRelayUrl } from "../../protocol/ids.ts";
import { GrantEntry, updateGrants } from "../../store/home/grants.ts";
import { PendingInvites } from "../../store/home/pending_invites.ts";
import { writeRelayKey } from "../../store/home/relay_keys.ts";
import { json, livingWorld } from "../../client/fake/world.ts";
import { RELAY_URL } from "../fault/mail_world.ts";
import { aboutFor, secretsFor } from "../pair2/adversary.ts";
import { type Scene, scene, strangerAsks, STRANGERS_TOKENS } from "./scene.ts";
import { served } from "./mcp_world.ts";
import { argumentsFor } from "./tool_arguments.ts";

const token = (mark: string): string => `5ec2e7${mark}`.padEnd(64, "0");
const OURS = token("01");
const ALICES = token("02");
const DROPPED = token("03");
const GRANTED = token("04");
const INVITED = token("05");

/** @returns every secret that now lies in the home */
async function plant(it: Scene): Promise<readonly string[]> {
  const { bob, alice } = it;
  const { home } = bob.context;
  const theirs = { relay_url: RELAY_URL, slot_id: alice.slotId, slot_token: ALICES };
  await home.updateRelayState("test", (state) => ({
    ...state,
    self: { relay_url: RELAY_URL, slot_id: bob.slotId, slot_token: OURS },
    peers: { alice: theirs },
  }));
  await strangerAsks(it);
  const drop = { card: {}, relay_url: RELAY_URL, slot_id: "2".repeat(32), slot_token: DROPPED };
  await it.arrives({ type: "pair_drop_ack", kind: 1101, body: drop });
  return [
    ...[OURS, ALICES, DROPPED, ...STRANGERS_TOKENS],
    bob.identity.keys.seed.toHex(),
    bob.identity.keys.seed.toBase64(),
    (await bearerToken(home)).token,
    ...await plantGrants(it),
    ...await plantInvite(it),
    ...await plantPairings(it),
    await plantRelayKey(it),
  ];
}

/** `grants.json`: what alice has of us, and what an invite gives away. */
async function plantGrants({ bob, alice }: Scene): Promise<readonly string[]> {
  const entry = (holder: string, at: { readonly digit: string; readonly token: string }) =>
    GrantEntry.parse({
      relay_url: RELAY_URL,
      slot_id: bob.slotId,
      holder,
      label: at.digit.repeat(32),
      made_at: "2026-01-01T00:00:00Z",
      grant_id: at.digit.repeat(16),
      token: at.token,
    });
  await updateGrants(bob.context.home, "test", (record) => ({
    ...record,
    grants: [
      entry(alice.identity.did, { digit: "a", token: GRANTED }),
      entry(`invite:${"d".repeat(64)}`, { digit: "b", token: INVITED }),
    ],
  }));
  return [GRANTED, INVITED];
}

/** `pending-invites/` and our account of it: whoever knows the nonce is pinned. */
async function plantInvite({ bob }: Scene): Promise<readonly string[]> {
  const nonce = "1c7e".padEnd(64, "d");
  assert.ok(isInviteNonce(nonce));
  const invite = { nonce, exp: 4_000_000_000, uses: 2, createdAt: "2026-01-01T00:00:00Z" };
  await new PendingInvites(bob.context.home).create(invite, 1);
  return [nonce];
}

/** A pairing of each form: seed, scalar and tokens. The code itself is for the operator's eyes. */
async function plantPairings({ process, bob }: Scene): Promise<readonly string[]> {
  const secrets = secretsFor("host");
  const pairId = "3".repeat(32);
  const sideToken = "51de".padEnd(32, "9");
  const about = aboutFor("host");
  const met = {
    about,
    secrets,
    meeting: { nameplate: "4821", pairId, sideToken, expiresAt: 4e12 },
  };
  const { pair2 } = bob.context.home;
  await pair2.create(begin(about, secrets));
  await pair2.create({ tag: "waiting", ...met });
  const sas = "918273";
  const exchanged = { ...met, peerCommit: "x", peerPake: "y" };
  await pair2.create({ tag: "comparing", ...exchanged, sas, peerKey: "4".repeat(64) });
  const found = await pair2.list();
  assert.deepEqual(found.map(({ state }) => state.tag).sort(), [
    "claiming",
    "comparing",
    "waiting",
  ]);
  // Where the profile has that tool.
  await process.client.tool("wire_pair_initiate_detached", { relay_url: RELAY_URL, compat: true });
  const texts = Object.entries(bob.disk.texts());
  const [, text = "{}"] = texts.find(([path]) => path.includes("/pending-pair/")) ?? [];
  const { spake2_seed_b64: seed } = JSON.parse(text);
  const old = typeof seed === "string" ? [seed] : [];
  const { seed: scalar, r, confirmNonce, cardNonce, doneNonce } = secrets;
  return [...old, sideToken, about.claim, scalar, r, confirmNonce, cardNonce, doneNonce];
}

/** `relay-keys.json`. No secret, and nothing that a model has a use for. */
async function plantRelayKey({ bob }: Scene): Promise<string> {
  const relay = parseRelayUrl(RELAY_URL);
  assert.ok(relay !== undefined);
  const key = `ed25519:${new Uint8Array(32).fill(201).toBase64()}`;
  await writeRelayKey(bob.context.home, relay, key);
  return key;
}

for (const profile of PROFILES) {
  Deno.test(`P5: with the profile ${profile}, no tool and no resource gives away a secret of any file`, async () => {
    await using it = await scene(profile);
    const secrets = await plant(it);
    assert.ok(profile !== "full" || secrets.length === 20, String(secrets.length));
    const { client } = it.process;
    // What the profile does not list is refused, and is asked for all the same.
    for (const { name } of CATALOGUE) await called(it, name);
    const read = ["wire://inbox/mallory", "wire://inbox/../relay.json"];
    const { resources } = Object(await client.request("resources/list"));
    for (const { uri } of resources) await client.request("resources/read", { uri });
    for (const uri of read) await client.answer(await client.ask("resources/read", { uri }));
    const everywhere = [...secrets, ...onDisk(it)];
    for (const secret of everywhere) hides(client.text, secret);
    assert.doesNotMatch(client.text, /slot_token\\?":\\?"[0-9a-f]|spake2_seed|private_key/);
  });
}

/** Tools whose argument names a relay, which may be a stranger's idea. */
const ELSEWHERE = "http://elsewhere.test";
const SENT_ELSEWHERE: Readonly<Record<string, Record<string, unknown>>> = {
  wire_claim: { nick: "ally" },
  wire_add: { handle: "mallory@elsewhere.test" },
  wire_whois: { handle: "mallory@elsewhere.test" },
  wire_init: { handle: "alice" },
  wire_invite_mint: {},
  wire_pair_initiate: {},
  wire_pair_join: { code_phrase: "42-K7QX2M" },
};

/** The others refuse, or stay with the mailbox that there is. */
const ASKED_THERE = new Set(["wire_add", "wire_whois", "wire_pair_initiate", "wire_pair_join"]);

for (const [name, args] of Object.entries(SENT_ELSEWHERE)) {
  Deno.test(`P5: ${name} takes the token of our mailbox to no relay that an agent names`, async () => {
    const world = await livingWorld("alice");
    const self = { relay_url: "http://home.test", slot_id: "1".repeat(32), slot_token: OURS };
    await world.home.updateRelayState("test", (state) => ({ ...state, self }));
    const heard: string[] = [];
    world.platform.net.serve(ELSEWHERE, async (request) => {
      const headers = JSON.stringify([...request.headers]);
      heard.push(`${request.method} ${request.url} ${headers} ${await request.text()}`);
      return json({ status: "ok", slot_id: "2".repeat(32), slot_token: DROPPED }, 200);
    });
    await using process = await served({ platform: world.platform, handle: "alice" });
    await process.client.open();
    const call = process.client.tool(name, { ...args, relay_url: ELSEWHERE });
    let isAnswered = false;
    call.finally(() => void (isAnswered = true));
    while (!isAnswered) await world.platform.clock.advance(1_000);
    await call;
    assert.equal(heard.length > 0, ASKED_THERE.has(name));
    hides(heard.join("\n"), OURS);
    hides(process.client.text, OURS);
  });
}

/** What the calls themselves have left there, by the names of its members. */
function onDisk({ bob }: Scene): readonly string[] {
  const secret = /"(?:\w*token|token|\w*seed\w*|r|claim|\w*[nN]once)":\s*"([^"]{16,})"/g;
  const texts = Object.values(bob.disk.texts());
  const found = texts.flatMap((text) => [...text.matchAll(secret)].map(([, value = ""]) => value));
  assert.ok(found.includes(OURS) && found.includes(GRANTED));
  return found;
}

async function called({ bob, process: { client } }: Scene, name: string): Promise<void> {
  const id = await client.ask("tools/call", { name, arguments: argumentsFor(name, RELAY_URL) });
  let isAnswered = false;
  const answer = client.answer(id).finally(() => void (isAnswered = true));
  while (!isAnswered) await bob.clock.advance(1_000);
  const { error } = await answer;
  assert.equal(error, undefined, `${name}: ${error?.message}`);
}

function hides(text: string, secret: string): void {
  const at = text.indexOf(secret);
  assert.ok(at < 0, `${secret.slice(0, 8)}… after ${text.slice(Math.max(0, at - 200), at)}`);
}

/**
 * Requests to pair, their answers and invites, as 0.5.19 makes and takes them, weaknesses included:
 * an unknown nonce pins, an answer is applied before it is verified, a request holds the cursor.
 * See docs/protocol/pairing.md §14 to §16.
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { introduceTo, resolveNick } from "./directory_calls.ts";
import { type PinnedEndpoint, readText, type ReferenceHome, timestamp } from "./home.ts";
import {
  at,
  isList,
  object,
  parse,
  pretty,
  print,
  type Ref,
  ref,
  type RefObject,
  text,
  withMembers,
} from "./json.ts";
import { cardProblem, eventProblem, handleOf, signEvent, utf8 } from "./keys.ts";
import { postEvent, type Slot } from "./relay_calls.ts";

const OWN = ["relay_url", "slot_id", "slot_token"] as const;

/** The first federation mailbox, and the list as it is sent. */
async function ownMailbox(
  home: ReferenceHome,
): Promise<{ flat: Slot; endpoints: readonly PinnedEndpoint[] }> {
  const endpoints = home.endpoints(at(await home.relayState(), "self"), "no token");
  const [flat] = endpoints;
  if (flat === undefined) throw new Error("self relay state incomplete");
  return { flat, endpoints };
}

async function event(
  home: ReferenceHome,
  about: { to: string; type: string; kind: number; body: unknown },
): Promise<RefObject> {
  const signer = await home.signer();
  const unsigned = { schema_version: "v3.1", timestamp: timestamp(), from: signer.did, ...about };
  return signEvent(object(ref(unsigned)), signer);
}

/** §15.2, after the nick was resolved. @returns the peer's DID */
export async function add(home: ReferenceHome, relayUrl: string, nick: string): Promise<string> {
  const found = await resolveNick(relayUrl, nick);
  const handle = handleOf(found.did);
  await home.pin(object(found.card));
  const known = text(await home.relayState(), "peers", handle, "slot_token");
  await home.setPeer(handle, {
    relay_url: found.relayUrl ?? relayUrl,
    slot_id: found.slotId,
    slot_token: known,
  });
  const { flat: { relay_url, slot_id, slot_token }, endpoints } = await ownMailbox(home);
  const body = { card: await home.card(), relay_url, slot_id, slot_token, endpoints };
  const drop = await event(home, { to: found.did, type: "pair_drop", kind: 1100, body });
  await introduceTo(relayUrl, nick, drop);
  return found.did;
}

const inboundPath = (home: ReferenceHome, handle: string): string =>
  `${home.state}/pending-inbound-pairs/${handle}.json`;

/** §15.4. @returns the record of that name, if there is one */
export async function inbound(home: ReferenceHome, handle: string): Promise<Ref | undefined> {
  const content = await readText(inboundPath(home, handle));
  return content === undefined ? undefined : parse(content);
}

/** §15.4: `pair-accept`. The record stays when the answer cannot be sent. */
export async function acceptInbound(home: ReferenceHome, handle: string): Promise<void> {
  const record = await inbound(home, handle);
  if (record === undefined) throw new Error(`no pending pair request from ${handle}`);
  await home.pin(object(record, "peer_card"));
  await pinEndpoints(home, handle, at(record, "peer_endpoints"));
  const { flat: { relay_url, slot_id, slot_token }, endpoints } = await ownMailbox(home);
  const body = { relay_url, slot_id, slot_token, endpoints };
  const to = `did:wire:${handle}`;
  const ack = await event(home, { to, type: "pair_drop_ack", kind: 1101, body });
  const target = {
    relay_url: text(record, "peer_relay_url"),
    slot_id: text(record, "peer_slot_id"),
    slot_token: text(record, "peer_slot_token"),
  };
  await postEvent(target, ack);
  await Deno.remove(inboundPath(home, handle));
}

async function pinEndpoints(
  home: ReferenceHome,
  handle: string,
  list: Ref | undefined,
): Promise<void> {
  const endpoints = isList(list) ? list : [];
  const [flat] = endpoints;
  const state = await home.relayState();
  const members = Object.fromEntries(OWN.map((name) => [name, text(flat, name)]));
  const entry = { ...members, endpoints };
  const peers = withMembers(object(state, "peers"), { [handle]: entry });
  await home.writeRelayState(withMembers(state, { peers }));
}

/** §16, 3e. */
function endpointsIn(body: Ref): readonly Ref[] {
  const list = at(body, "endpoints");
  if (isList(list)) return list.filter((one) => text(one, "slot_token") !== "");
  const flat = Object.fromEntries(OWN.map((name) => [name, text(body, name)]));
  return [ref({ ...flat, scope: "federation" })];
}

/** §16, 3 and 5: before any verification of the event against trust. */
export async function consume(home: ReferenceHome, received: Ref): Promise<void> {
  const kind = at(received, "kind");
  const type = text(received, "type");
  const body = at(received, "body") ?? null;
  if (kind === 1101n && type === "pair_drop_ack") {
    await pinEndpoints(home, handleOf(text(received, "from")), ref(endpointsIn(body)));
  }
  if (kind === 1100n && type === "pair_drop") await consumeDrop(home, received, body);
}

async function consumeDrop(home: ReferenceHome, received: Ref, body: Ref): Promise<void> {
  const card = at(body, "card");
  const problem = cardProblem(card);
  if (problem !== undefined) throw new Error(`pair_drop peer card sig invalid: ${problem}`);
  const handle = handleOf(text(card, "did"));
  const nonce = at(body, "pair_nonce");
  const scratch = ref({ agents: { [handle]: trusted(object(card)) } });
  const failed = eventProblem(received, scratch);
  if (failed !== undefined) throw new Error(`pair_drop event sig verify failed: ${failed.reason}`);
  if (typeof nonce === "string") {
    await home.pin(object(card));
    await pinEndpoints(home, handle, ref(endpointsIn(body)));
    await settle(home, nonce);
    return;
  }
  await Deno.mkdir(`${home.state}/pending-inbound-pairs`, { recursive: true });
  const record = {
    peer_handle: handle,
    peer_did: text(card, "did"),
    peer_card: card,
    peer_relay_url: text(body, "relay_url"),
    peer_slot_id: text(body, "slot_id"),
    peer_slot_token: text(body, "slot_token"),
    peer_endpoints: endpointsIn(body),
    event_id: text(received, "event_id"),
    event_timestamp: text(received, "timestamp"),
    received_at: timestamp(),
  };
  await Deno.writeTextFile(inboundPath(home, handle), pretty(ref(record)));
}

const trusted = (card: RefObject): Ref =>
  ref({
    public_keys: [...object(card, "verify_keys")].map(([name, entry]) => ({
      key_id: name.replace(/^ed25519:/, ""),
      key: at(entry, "key") ?? null,
      active: true,
    })),
  });

const invitePath = (home: ReferenceHome, nonce: string): string =>
  `${home.state}/pending-invites/${nonce}.json`;

/** A nonce without a file is as good as one with a file. */
async function settle(home: ReferenceHome, nonce: string): Promise<void> {
  try {
    await Deno.remove(invitePath(home, nonce));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** §14.2: one use, a day. */
export async function mint(home: ReferenceHome): Promise<string> {
  const { flat: { relay_url, slot_id, slot_token } } = await ownMailbox(home);
  const { seed, did } = await home.signer();
  const nonce = crypto.getRandomValues(new Uint8Array(32)).toHex();
  const exp = Math.floor(Date.now() / 1000) + 86_400;
  const card = await home.card();
  const members = ref({ v: 1, did, card, relay_url, slot_id, slot_token, nonce, exp });
  const payload = utf8(print(members));
  await Deno.mkdir(`${home.state}/pending-invites`, { recursive: true });
  const record = { nonce, exp, uses_remaining: 1, accepted_by: [], created_at: timestamp() };
  await Deno.writeTextFile(invitePath(home, nonce), JSON.stringify(record, null, 2));
  return `wire://pair?v=1&inv=${b64url(payload)}.${b64url(ed25519.sign(payload, seed))}`;
}

/** §14.4. @returns the issuer's DID */
export async function acceptInvite(home: ReferenceHome, url: string): Promise<string> {
  const [payload = "", signature = ""] = (/inv=([^&]*)$/.exec(url)?.[1] ?? "").split(".");
  const bytes = unb64url(payload);
  const invite = parse(new TextDecoder().decode(bytes));
  const card = at(invite, "card");
  const problem = cardProblem(card);
  if (problem !== undefined) throw new Error(`invite issuer's card signature invalid: ${problem}`);
  const [key] = [...object(card, "verify_keys").values()];
  if (!ed25519.verify(unb64url(signature), bytes, Uint8Array.fromBase64(text(key, "key")))) {
    throw new Error("invite URL signature did not verify");
  }
  const did = text(invite, "did");
  const issuer = {
    relay_url: text(invite, "relay_url"),
    slot_id: text(invite, "slot_id"),
    slot_token: text(invite, "slot_token"),
  };
  await home.pin(object(card));
  await home.setPeer(handleOf(did), issuer);
  const { flat: { relay_url, slot_id, slot_token } } = await ownMailbox(home);
  const pair_nonce = text(invite, "nonce");
  const body = { card: await home.card(), relay_url, slot_id, slot_token, pair_nonce };
  await postEvent(issuer, await event(home, { to: did, type: "pair_drop", kind: 1100, body }));
  return did;
}

const b64url = (bytes: Uint8Array): string =>
  bytes.toBase64({ alphabet: "base64url", omitPadding: true });
const unb64url = (encoded: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.fromBase64(encoded, { alphabet: "base64url" });

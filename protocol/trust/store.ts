/**
 * trust.json as a value: reading, printing, its entries and their keys. All functions are pure: they
 * return a new store. Whom to pin is decided in trust.ts.
 * See docs/protocol/identity-and-events.md §9.
 */
import { WireError } from "../errors.ts";
import { capabilitiesOfCard } from "../identity/capabilities.ts";
import { fromBase64Strict, keyId, toBase64 } from "../identity/keys.ts";
import type { Did, Handle } from "../ids.ts";
import { JsonError, parseJson } from "../json/parse.ts";
import { prettyJson } from "../json/print.ts";
import {
  isJsonArray,
  isJsonObject,
  type Json,
  type JsonObject,
  member,
  stringMember,
  withMembers,
} from "../json/value.ts";
import { readTier, type Tier } from "./tier.ts";

/** One entry of `agents`, as it stands in the file: `value` has every member, also unknown ones. */
export interface Agent {
  /** The map key. From an old file it may be no {@linkcode Handle}. */
  readonly handle: string;
  /** "" if the entry has none. */
  readonly did: string;
  readonly tier: Tier;
  readonly value: JsonObject;
}

export interface TrustStore {
  readonly agents: ReadonlyMap<string, Agent>;
  /** The whole file, unknown members included. */
  readonly document: JsonObject;
}

/** What a missing trust.json means. */
export const emptyTrust = (): TrustStore => storeOf({ version: 1, agents: {} });

/**
 * @throws {WireError} unreadable if the text is not JSON, or not an object whose `agents`, if there,
 * is an object: a trust file that cannot be read is never taken for an empty one
 */
export function parseTrust(text: string): TrustStore {
  let document: Json;
  try {
    document = parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new WireError("unreadable", `Cannot read trust.json: ${error.message}`, { cause: error });
  }
  const agents = isJsonObject(document) ? member(document, "agents") : null;
  if (!isJsonObject(document) || (agents !== undefined && !isJsonObject(agents))) {
    throw new WireError("unreadable", `Cannot read trust.json: expected an object of agents`);
  }
  return storeOf(document);
}

/** The file's text, sorted and indented, without a final line feed. */
export const printTrust = (store: TrustStore): string => prettyJson(store.document);

function storeOf(document: JsonObject): TrustStore {
  const agents = new Map<string, Agent>();
  for (const [handle, entry] of Object.entries(agentsMember(document))) {
    const value = isJsonObject(entry) ? entry : {};
    agents.set(handle, {
      handle,
      did: stringMember(value, "did") ?? "",
      tier: readTier(member(value, "tier")),
      value,
    });
  }
  return { agents, document };
}

function agentsMember(document: JsonObject): JsonObject {
  const agents = member(document, "agents");
  return isJsonObject(agents) ? agents : {};
}

/** The entry set, or removed if it is `undefined`. */
export const withAgent = (
  store: TrustStore,
  handle: string,
  entry: JsonObject | undefined,
): TrustStore =>
  storeOf(withMembers(store.document, {
    agents: withMembers(agentsMember(store.document), { [handle]: entry }),
  }));

export const agentOf = (store: TrustStore, handle: string): Agent | undefined =>
  store.agents.get(handle);

/** A store that holds only ourselves, as `init` writes it, or the given one with us in it. */
export function selfEntry(
  self: { readonly handle: Handle; readonly did: Did; readonly publicKey: Uint8Array },
  { at, store = emptyTrust() }: { readonly at: string; readonly store?: TrustStore },
): TrustStore {
  return withAgent(store, self.handle, {
    tier: "ATTESTED",
    did: self.did,
    public_keys: [keyEntry(self.handle, self.publicKey, at)],
  });
}

/** An element of `public_keys`. */
export const keyEntry = (handle: string, publicKey: Uint8Array, at: string): JsonObject => ({
  key_id: keyId(handle, publicKey),
  key: toBase64(publicKey),
  added_at: at,
  active: true,
});

/** Ourselves: what `init` wrote, recognised by its tier, which no pin ever gets. */
export const isSelf = (agent: Agent): boolean => agent.tier === "ATTESTED";

/** @returns the same store if nobody has that handle */
export const removeAgent = (store: TrustStore, handle: string): TrustStore =>
  store.agents.has(handle) ? withAgent(store, handle, undefined) : store;

/** What the pinned card says the peer can do; `[]` for an entry without card, or no entry. */
export const capabilitiesOf = (agent: Agent | undefined): string[] =>
  agent === undefined ? [] : capabilitiesOfCard(member(agent.value, "card"));

/** One usable entry of `public_keys`. */
export interface PinnedKey {
  readonly keyId: string;
  /** 32 bytes. */
  readonly bytes: Uint8Array;
  readonly active: boolean;
}

/** The usable keys of an entry: those with a name and 32 bytes. `active` is true unless `false`. */
export function keysOf(agent: Agent): PinnedKey[] {
  const list = member(agent.value, "public_keys");
  if (!isJsonArray(list)) return [];
  const keys: PinnedKey[] = [];
  for (const entry of list) {
    if (!isJsonObject(entry)) continue;
    const name = stringMember(entry, "key_id");
    const bytes = fromBase64Strict(stringMember(entry, "key") ?? "");
    if (name === undefined || bytes?.length !== 32) continue;
    keys.push({ keyId: name, bytes, active: member(entry, "active") !== false });
  }
  return keys;
}

/**
 * trust.json: whose keys we accept. The file is keyed by handle, as the reference's; every decision
 * here compares whole keys. All functions are pure: they return a new store.
 * See docs/protocol/identity-and-events.md §9.
 */
import { WireError } from "../errors.ts";
import { capabilitiesOfCard } from "../identity/capabilities.ts";
import type { AdmittedCard } from "../identity/card.ts";
import { fromBase64Strict, keyId, sameKey, toBase64 } from "../identity/keys.ts";
import type { Did, Handle } from "../ids.ts";
import { JsonError, parseJson } from "../json/parse.ts";
import { prettyJson } from "../json/print.ts";
import { quote } from "../json/quote.ts";
import {
  isJsonArray,
  isJsonObject,
  type Json,
  type JsonObject,
  member,
  stringMember,
  withMembers,
} from "../json/value.ts";
import { higherTier, readTier, type ShownTier, type Tier } from "./tier.ts";

export { readTier, type ShownTier, type Tier, TIERS } from "./tier.ts";

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

const withAgent = (store: TrustStore, handle: string, entry: JsonObject | undefined): TrustStore =>
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

const keyEntry = (handle: string, publicKey: Uint8Array, at: string): JsonObject => ({
  key_id: keyId(handle, publicKey),
  key: toBase64(publicKey),
  added_at: at,
  active: true,
});

/** How a person (or nobody) vouched for a pin; members that the reference does not have. */
export interface PinOptions {
  readonly tier: "UNTRUSTED" | "VERIFIED";
  /** RFC 3339, now. */
  readonly at: string;
  /** Stored as `paired_via`: `sas`, `invite`, `add`, `accept` or `manual`. */
  readonly via?: "sas" | "invite" | "add" | "accept" | "manual";
  /** Stored as `sas_proof`: what was proved about the six digits. */
  readonly proof?: string;
}

export type Pinned =
  | { readonly ok: true; readonly store: TrustStore }
  | { readonly ok: false; readonly reason: "other_key" | "self"; readonly message: string };

/**
 * Pins a card that {@linkcode admitCard} let through. A new pin has exactly the members that 0.5.19
 * writes, and those of the options. The same key again refreshes card and DID, keeps a key that was
 * deactivated so, keeps unknown members and never lowers the tier.
 *
 * Never replaces another key, nor ourselves: a name is only a label, and whoever takes a pinned name
 * with another key must be forgotten first. Names that differ only in case count as one, since their
 * inbox files are one file on two of three platforms.
 */
export function pinCard(store: TrustStore, card: AdmittedCard, options: PinOptions): Pinned {
  const label = card.handle.toLowerCase();
  for (const agent of store.agents.values()) {
    const sameName = agent.handle.toLowerCase() === label;
    const holdsKey = keysOf(agent).some((key) => sameKey(key.bytes, card.publicKey));
    if (isSelf(agent) && (sameName || holdsKey)) {
      return {
        ok: false,
        reason: "self",
        message: `Cannot pin ${quote(card.did)}: ${
          holdsKey ? "that is our own key" : "that is our own name"
        }`,
      };
    }
    if (sameName && (agent.handle !== card.handle || !holdsKey)) {
      return {
        ok: false,
        reason: "other_key",
        message: `Cannot pin ${quote(card.did)}: the name ${quote(agent.handle)} is pinned to ` +
          `another key (${quote(agent.did)})`,
      };
    }
  }
  const old = agentOf(store, card.handle);
  return { ok: true, store: withAgent(store, card.handle, pinEntry(card, options, old)) };
}

function pinEntry(card: AdmittedCard, options: PinOptions, old: Agent | undefined): JsonObject {
  return withMembers(old?.value ?? {}, {
    tier: old === undefined ? options.tier : higherTier(options.tier, old.tier),
    did: card.did,
    public_keys: pinnedKeys(card, options.at, old),
    card: card.card,
    pinned_at: options.at,
    ...(options.via === undefined ? {} : { paired_via: options.via }),
    ...(options.proof === undefined ? {} : { sas_proof: options.proof }),
  });
}

/** The old list as it is, deactivated keys included, with the card's key in it. */
function pinnedKeys(card: AdmittedCard, at: string, old: Agent | undefined): readonly Json[] {
  const list = old === undefined ? undefined : member(old.value, "public_keys");
  const fresh = keyEntry(card.handle, card.publicKey, at);
  if (old === undefined || !isJsonArray(list)) return [fresh];
  const isThere = keysOf(old).some((key) =>
    key.keyId === card.keyId && sameKey(key.bytes, card.publicKey)
  );
  return isThere ? list : [...list, fresh];
}

/** Ourselves: what `init` wrote, recognised by its tier, which no pin ever gets. */
export const isSelf = (agent: Agent): boolean => agent.tier === "ATTESTED";

/** @returns the same store if nobody has that handle */
export const removeAgent = (store: TrustStore, handle: string): TrustStore =>
  store.agents.has(handle) ? withAgent(store, handle, undefined) : store;

/**
 * The tier that every screen shows: a `VERIFIED` peer to whose mailbox we hold no token has not
 * answered yet, and saying `VERIFIED` would make people pair again for ever.
 */
export const effectiveTier = (agent: Agent | undefined, hasToken: boolean): ShownTier => {
  const tier = agent?.tier ?? "UNTRUSTED";
  return tier === "VERIFIED" && !hasToken ? "PENDING_ACK" : tier;
};

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

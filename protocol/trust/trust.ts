/**
 * Whom to trust: pinning and the tier that is shown. The file is keyed by handle, as the
 * reference's; every decision here compares whole keys. All functions are pure.
 * See docs/protocol/identity-and-events.md §9.
 */
import type { AdmittedCard } from "../identity/card.ts";
import { sameKey } from "../identity/keys.ts";
import { quote } from "../json/quote.ts";
import { isJsonArray, type Json, type JsonObject, member, withMembers } from "../json/value.ts";
import {
  type Agent,
  agentOf,
  isSelf,
  keyEntry,
  keysOf,
  type TrustStore,
  withAgent,
} from "./store.ts";
import { higherTier, type ShownTier } from "./tier.ts";

export {
  type Agent,
  agentOf,
  capabilitiesOf,
  emptyTrust,
  isSelf,
  keysOf,
  parseTrust,
  type PinnedKey,
  printTrust,
  removeAgent,
  selfEntry,
  type TrustStore,
} from "./store.ts";
export { readTier, type ShownTier, type Tier, TIERS } from "./tier.ts";

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

/**
 * The tier that every screen shows: a `VERIFIED` peer to whose mailbox we hold no token has not
 * answered yet, and saying `VERIFIED` would make people pair again for ever.
 */
export const effectiveTier = (agent: Agent | undefined, hasToken: boolean): ShownTier => {
  const tier = agent?.tier ?? "UNTRUSTED";
  return tier === "VERIFIED" && !hasToken ? "PENDING_ACK" : tier;
};

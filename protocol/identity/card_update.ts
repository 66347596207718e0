/**
 * Later cards of the same identity: when a new one is made, and when a peer's is taken. Pure.
 * See docs/protocol/extensions.md §12.
 */
import type { EpochMs } from "../ids.ts";
import { type JsonObject, stringMember } from "../json/value.ts";
import { instantMs } from "../text/instant.ts";
import { capabilitiesOfCard } from "./capabilities.ts";
import type { AdmittedCard } from "./card.ts";
import { sameKey } from "./keys.ts";

/** The `type` of the event that brings a card to a peer; its kind is 1100. */
export const CARD_EVENT_TYPE = "agent_card";
export const CARD_EVENT_KIND = 1100;

/** Whom we pinned. */
export interface PinnedIdentity {
  readonly did: string;
  /** The active keys, 32 bytes each. */
  readonly keys: readonly Uint8Array[];
  /** The pinned card, where there is one. */
  readonly card: JsonObject | undefined;
}

export type CardUpdate =
  /** `lost`: capabilities that the pinned card had. They are shown, never silently gone. */
  | { readonly tag: "newer"; readonly lost: readonly string[] }
  | {
    readonly tag: "refused";
    readonly reason: "other_did" | "other_key" | "undated" | "not_later";
  };

/**
 * A relay may hold back or replay any card that was ever signed, so only a later one counts, and
 * one without a date never.
 * @param update a card that `admitCard` let through, in a verified event of that same peer
 */
export function judgeCardUpdate(pinned: PinnedIdentity, update: AdmittedCard): CardUpdate {
  if (update.did !== pinned.did) return { tag: "refused", reason: "other_did" };
  if (!pinned.keys.some((key) => sameKey(key, update.publicKey))) {
    return { tag: "refused", reason: "other_key" };
  }
  const issued = issuedAt(update.card);
  if (issued === undefined) return { tag: "refused", reason: "undated" };
  const before = pinned.card === undefined ? undefined : issuedAt(pinned.card);
  if (before !== undefined && issued <= before) return { tag: "refused", reason: "not_later" };
  const lost = capabilitiesOfCard(pinned.card).filter((it) => !update.capabilities.includes(it));
  return { tag: "newer", lost };
}

/** When the card was signed, to the millisecond; undefined if it does not say. */
export const issuedAt = (card: JsonObject): EpochMs | undefined =>
  instantMs(stringMember(card, "issued_at"));

/**
 * The date of a card that replaces another: now, but always later than the other one's, also after
 * a clock was set back.
 * @returns RFC 3339
 */
export function nextIssuedAt(old: JsonObject, now: EpochMs): string {
  const before = issuedAt(old);
  const at = before === undefined ? now : Math.max(now, before + 1);
  return Temporal.Instant.fromEpochMilliseconds(at).toString();
}

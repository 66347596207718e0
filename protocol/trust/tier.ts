/**
 * How far an identity is trusted. Verification does not look at the tier; people do.
 * See docs/protocol/identity-and-events.md §9 and §31.2.
 */

/** Ascending. `ORG_VERIFIED` is written by later releases and only read here. */
export const TIERS = ["UNTRUSTED", "ORG_VERIFIED", "VERIFIED", "ATTESTED", "TRUSTED"] as const;
export type Tier = typeof TIERS[number];

/** What a screen shows: `PENDING_ACK` is a pinned peer that we cannot write to yet. */
export type ShownTier = Tier | "PENDING_ACK";

/** Anything that is no tier reads as the lowest. */
export const readTier = (value: unknown): Tier =>
  TIERS.find((tier) => tier === value) ?? "UNTRUSTED";

export const higherTier = (a: Tier, b: Tier): Tier => TIERS.indexOf(a) >= TIERS.indexOf(b) ? a : b;

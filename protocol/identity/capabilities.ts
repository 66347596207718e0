/**
 * Capability strings: what a signed card says its agent can do.
 * See docs/protocol/identity-and-events.md §26 and docs/protocol/extensions.md, opening rules.
 */
import { isJsonArray, isJsonObject, type Json, member } from "../json/value.ts";

/** Whoever sends and takes receipts: docs/protocol/extensions.md §5. */
export const RECEIPTS_CAPABILITY = "wire/receipts-1";
/** Whoever understands threads, and looks for gaps in streams: docs/protocol/extensions.md §7. */
export const THREAD_CAPABILITY = "wire/thread-1";

/** What the card of 0.5.19 says. */
export const BASE_CAPABILITIES = ["wire/v3.1"] as const;

/** What cards of this program say: {@linkcode BASE_CAPABILITIES}, and what 0.5.19 has not. */
export const OWN_CAPABILITIES = [
  ...BASE_CAPABILITIES,
  RECEIPTS_CAPABILITY,
  THREAD_CAPABILITY,
] as const;

const MAX_CAPABILITIES = 256;

/** The strings in the card's `capabilities`, in their order; anything else there is passed over. */
export function capabilitiesOfCard(card: Json | undefined): string[] {
  const list = isJsonObject(card) ? member(card, "capabilities") : undefined;
  if (!isJsonArray(list)) return [];
  return list.filter((item) => typeof item === "string").slice(0, MAX_CAPABILITIES);
}

/** Whole strings are compared: `wire/v3.1` says nothing about `wire/v3`. */
export const hasCapability = (capabilities: readonly string[], wanted: string): boolean =>
  capabilities.includes(wanted);

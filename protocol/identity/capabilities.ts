/**
 * Capability strings: what a signed card says its agent can do.
 * See docs/protocol/identity-and-events.md §26 and docs/protocol/extensions.md, opening rules.
 */
import { isJsonArray, isJsonObject, type Json, member } from "../json/value.ts";

/** What every card of ours says. */
export const BASE_CAPABILITIES = ["wire/v3.1"] as const;

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

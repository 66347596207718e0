/** What the phonebook shows of a card. See docs/protocol/relay.md §5.13. */
import { isJsonArray, isJsonObject, type Json, member } from "../../protocol/json/value.ts";

/** Members of `card.profile`, verbatim; null where the card has none. */
export interface Listing {
  readonly emoji: Json;
  readonly motto: Json;
  readonly now: Json;
  readonly pronouns: Json;
  readonly vibe: Json;
}

/** @returns undefined for a card that asks not to be listed */
export function listingOf(card: Json): Listing | undefined {
  const profile = isJsonObject(card) ? member(card, "profile") : undefined;
  if (isJsonObject(profile) && member(profile, "listed") === false) return undefined;
  return readListing(profile);
}

export function readListing(profile: Json | undefined): Listing {
  const of = (name: string): Json => isJsonObject(profile) ? member(profile, name) ?? null : null;
  return {
    emoji: of("emoji"),
    motto: of("motto"),
    now: of("now"),
    pronouns: of("pronouns"),
    vibe: of("vibe"),
  };
}

/** Nicks that somebody is only trying things with. */
export const isTrialNick = (nick: string): boolean =>
  nick.startsWith("demo-") || nick.startsWith("test-");

/** @param vibe in lower case */
export const hasVibe = ({ vibe: vibes }: Listing, vibe: string): boolean =>
  isJsonArray(vibes) &&
  vibes.some((item) => typeof item === "string" && asciiLowerCase(item) === vibe);

/** Only A to Z: the comparison is one of ASCII. */
export const asciiLowerCase = (text: string): string =>
  text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

/** Which cards may stand in the directory. See docs/protocol/relay.md §5.9 and §13.1. */
import { admitCard, type AdmittedCard, verifyCardSignature } from "../protocol/identity/card.ts";
import { JsonError, parseJson, utf8Length } from "../protocol/json/parse.ts";
import { printJson } from "../protocol/json/print.ts";
import { isJsonObject, type Json, stringMember } from "../protocol/json/value.ts";
import { json, type RelayReply } from "./exchange.ts";
import type { Read } from "./read.ts";

/** Answers put a card inside other objects, and readers take 127 levels. */
const MAX_CARD_DEPTH = 100;

export interface ClaimedCard {
  readonly admitted: AdmittedCard;
  /** Stored form. */
  readonly text: string;
}

/**
 * The reference's checks in its order and words, and then that the card names its own key: nobody
 * takes over a nick by writing its holder's DID into a card.
 */
export function claimedCard(card: Json, maxBytes: number): Read<ClaimedCard> {
  const text = printJson(card);
  if (utf8Length(text) > maxBytes) {
    return refuse(json(413, { error: `card exceeds ${maxBytes / 1024} KiB`, max_bytes: maxBytes }));
  }
  if (isTooDeep(text)) return refuse(json(400, { error: "card is nested too deep" }));
  const verdict = verifyCardSignature(card);
  if (!verdict.ok) return refuse(invalid(verdict.text));
  if (!isJsonObject(card) || stringMember(card, "did") === undefined) {
    return refuse(json(400, { error: "card missing 'did' field" }));
  }
  const admitted = admitCard(card);
  if (!admitted.ok) return refuse(invalid(admitted.message));
  return { ok: true, value: { admitted, text } };
}

function isTooDeep(text: string): boolean {
  try {
    parseJson(text, { maxDepth: MAX_CARD_DEPTH });
    return false;
  } catch (error) {
    if (error instanceof JsonError && error.reason === "too_deep") return true;
    throw error;
  }
}

const refuse = (reply: RelayReply): Read<never> => ({ ok: false, reply });
const invalid = (reason: string): RelayReply =>
  json(400, { error: `card signature invalid: ${reason}` });

/**
 * Our card without what only this program does, and with it again. See docs/protocol/extensions.md §12.
 */
import { capabilitiesOfCard, OWN_CAPABILITIES } from "../../protocol/identity/capabilities.ts";
import { type JsonObject, member, withMembers } from "../../protocol/json/value.ts";
import type { Identity } from "../../store/home/identity.ts";
import { updateCard } from "../../store/home/own_card.ts";
import type { ClientContext } from "../context.ts";
import { queueCard } from "../queue_card.ts";
import { readWentBack, removeWentBack } from "./record.ts";

/** What 0.5.19 does too. */
const PLAIN = "wire/v3.1";
const OURS = /^wire\//;

/** What the program announces of itself; what a person has set stays. */
export const ownCapabilities = (card: JsonObject): readonly string[] =>
  capabilitiesOfCard(card).filter((name) => OURS.test(name) && name !== PLAIN);

export interface SentCard {
  readonly identity: Identity;
  /** Whether it was another one before. */
  readonly changed: boolean;
  /** For whom it is queued. */
  readonly queuedFor: readonly string[];
}

/** Nothing is signed, and nothing sent, where the card says no more than 0.5.19's would. */
export async function sendPlainCard(
  context: ClientContext,
  before: readonly string[],
): Promise<SentCard> {
  const identity = await context.home.readIdentity();
  if (ownCapabilities(identity.card).length === 0) {
    // Killed after the card was signed: it is still to be sent. Queued twice is queued once.
    const queuedFor = before.length === 0 ? [] : await queueCard(context, identity);
    return { identity, changed: false, queuedFor };
  }
  const plain = await updateCard(context.home, "wire go-back", (card) => {
    const gone = new Set(ownCapabilities(card));
    const left = capabilitiesOfCard(card).filter((name) => !gone.has(name));
    // With it, whoever knows how would go on sealing to us.
    const { dh_pubkey: _sealing, ...rest } = card;
    return withMembers(rest, { capabilities: left });
  });
  return { identity: plain, changed: true, queuedFor: await queueCard(context, plain) };
}

/**
 * The home is ours again: the card says what this version can do, and is queued for the peers. For
 * `wire up`. Safe to repeat; does nothing where the card says it already.
 * @returns undefined where there was nothing to do
 * @throws {WireError} not_initialized, unreadable, locked, write_failed
 */
export async function sendFullerCard(context: ClientContext): Promise<SentCard | undefined> {
  const { home } = context;
  const record = await readWentBack(home);
  const before = await home.readIdentity();
  const wanted = [...new Set([...OWN_CAPABILITIES, ...record?.capabilities ?? []])];
  const missing = wanted.filter((name) => !before.capabilities.includes(name));
  if (record === undefined && missing.length === 0) return undefined;
  if (missing.length === 0 && record?.capabilities.length === 0) {
    await removeWentBack(home);
    return { identity: before, changed: false, queuedFor: [] };
  }
  const identity = await updateCard(home, "wire up", (card) => {
    const list = member(card, "capabilities");
    const there = Array.isArray(list) ? list : [];
    return missing.length === 0
      ? card
      : withMembers(card, { capabilities: [...there, ...missing] });
  });
  const queuedFor = await queueCard(context, identity);
  await removeWentBack(home); // last: killed before, the next `up` does it again
  return { identity, changed: missing.length > 0, queuedFor };
}

/**
 * A peer's changed card, taken into trust.json. Only for an event that is verified and stored.
 * See docs/protocol/extensions.md §12.
 */
import type { WireEvent } from "../protocol/event/event.ts";
import { kindNumber } from "../protocol/event/kinds.ts";
import { admitCard, type AdmittedCard } from "../protocol/identity/card.ts";
import {
  CARD_EVENT_KIND,
  CARD_EVENT_TYPE,
  judgeCardUpdate,
} from "../protocol/identity/card_update.ts";
import type { Handle } from "../protocol/ids.ts";
import { isJsonObject, member, stringMember } from "../protocol/json/value.ts";
import { visible } from "../protocol/text/visible.ts";
import {
  type Agent,
  agentOf,
  isSelf,
  keysOf,
  pinCard,
  type TrustStore,
} from "../protocol/trust/trust.ts";
import type { ClientContext } from "./context.ts";

/** Whether the event brings a card of its sender: kind 1100 and type `agent_card`. */
export const bringsCard = ({ value }: WireEvent): boolean =>
  stringMember(value, "type") === CARD_EVENT_TYPE &&
  kindNumber(member(value, "kind")) === CARD_EVENT_KIND;

/**
 * Takes the card if it is a later one of the same DID and key; anything else changes nothing and is
 * no error, since the event itself is in the inbox. Safe to repeat. What a peer can do no longer is
 * told.
 * @param sender whose key verified the event
 * @returns whether trust.json has a new card now
 * @throws {WireError} locked, unreadable, write_failed
 */
export async function takeCard(
  context: ClientContext,
  sender: Handle,
  event: WireEvent,
): Promise<boolean> {
  const card = cardIn(event);
  if (card === undefined || card.handle !== sender) return false;
  const { home } = context;
  // Most often it is no news, and then nothing is locked or written.
  if (updated(await home.readTrust(), card) === undefined) return false;
  let lost: readonly string[] | undefined;
  await home.updateTrust(`wire, the card of ${sender}`, (store) => {
    const update = updated(store, card);
    lost = update?.lost;
    return update?.store ?? store;
  });
  if (lost !== undefined && lost.length > 0) {
    const names = visible(lost.join(", "), { maxLength: 200 });
    context.warn(`${sender} sent a new card; it advertises no longer: ${names}`);
  }
  return lost !== undefined;
}

function cardIn(event: WireEvent): AdmittedCard | undefined {
  const body = bringsCard(event) ? member(event.value, "body") : undefined;
  const card = isJsonObject(body) ? member(body, "card") : undefined;
  const admission = card === undefined ? undefined : admitCard(card);
  return admission?.ok === true ? admission : undefined;
}

function updated(
  store: TrustStore,
  card: AdmittedCard,
): { readonly store: TrustStore; readonly lost: readonly string[] } | undefined {
  const agent = agentOf(store, card.handle);
  if (agent === undefined || isSelf(agent)) return undefined;
  const verdict = judgeCardUpdate(identityIn(agent), card);
  if (verdict.tag !== "newer") return undefined;
  // The pin is as old as it was, and its tier is nobody's to raise here.
  const at = stringMember(agent.value, "pinned_at") ?? "";
  const pinned = pinCard(store, card, { tier: "UNTRUSTED", at });
  return pinned.ok ? { store: pinned.store, lost: verdict.lost } : undefined;
}

function identityIn(agent: Agent) {
  const card = member(agent.value, "card");
  return {
    did: agent.did,
    keys: keysOf(agent).filter(({ active }) => active).map(({ bytes }) => bytes),
    card: isJsonObject(card) ? card : undefined,
  };
}

/** Brings our changed card to the peers. See docs/protocol/extensions.md §12. */
import { buildEvent, signEvent, type WireEvent } from "../protocol/event/event.ts";
import { CARD_EVENT_KIND, CARD_EVENT_TYPE, issuedAt } from "../protocol/identity/card_update.ts";
import { type Handle, isHandle } from "../protocol/ids.ts";
import { isJsonObject, member, stringMember } from "../protocol/json/value.ts";
import type { JsonObject } from "../protocol/json/value.ts";
import { isSelf } from "../protocol/trust/trust.ts";
import { readBlocklist } from "../store/home/blocklist.ts";
import type { Identity } from "../store/home/identity.ts";
import { Outbox } from "../store/mail/outbox.ts";
import type { ClientContext } from "./context.ts";
import { shownTier } from "./peer_view.ts";

/** Between dating a card and queueing it. */
const TOLERANCE_MS = 60_000;

/** @throws {WireError} usage, if the card is too large or too deep for any event */
export function cardEvent(identity: Identity, to: string, timestamp: string): WireEvent {
  const body = { card: identity.card };
  const type = CARD_EVENT_TYPE;
  const kind = CARD_EVENT_KIND;
  return signEvent(buildEvent({ from: identity.did, to, type, kind, body, timestamp }), identity);
}

/**
 * Queues the card for every verified peer that we can reach and have not blocked. 0.5.19 stores it
 * and does nothing. Safe to repeat: a card that is queued already is not queued again.
 * @returns the peers for whom it is queued, in handle order
 * @throws {WireError} unreadable, locked, write_failed
 */
export async function queueCard(context: ClientContext, identity: Identity): Promise<Handle[]> {
  const { home, platform: { files, clock } } = context;
  const [trust, state, blocked] = await Promise.all([
    home.readTrust(),
    home.readRelayState(),
    readBlocklist(home),
  ]);
  const peers = [...trust.agents.values()].filter((agent) =>
    !isSelf(agent) && !blocked.has(agent.did) && shownTier(agent, state) === "VERIFIED"
  );
  const outbox = new Outbox({ files, stateRoot: home.paths.stateRoot });
  const sinceMs = Math.min(issuedAt(identity.card) ?? 0, clock.now()) - TOLERANCE_MS;
  const queued: Handle[] = [];
  for (const { handle, did } of peers) {
    if (!isHandle(handle) || did === "") continue;
    const event = cardEvent(identity, did, clock.timestamp());
    await outbox.enqueue(handle, event, {
      sinceMs,
      isRepeat: (earlier) => signatureIn(earlier.value) === signatureIn(event.value),
    });
    queued.push(handle);
  }
  if (queued.length > 0) await context.daemon.nudge();
  return queued.sort();
}

/** Of the card that the event brings, if it brings one. */
function signatureIn(event: JsonObject): string | undefined {
  const body = member(event, "body");
  const card = isJsonObject(body) ? member(body, "card") : undefined;
  return isJsonObject(card) ? stringMember(card, "signature") : undefined;
}

/**
 * What a received request to pair, or the answer to ours, changes. After the page is stored and
 * before the cursor moves: whoever is killed in between does it again, and each effect is safe to
 * repeat. See docs/protocol/pairing.md §15.6 and §16.
 */
import { completesAdd, decideDrop } from "../../protocol/drop/decide.ts";
import { type PairDrop, readAck, readDrop } from "../../protocol/drop/drop.ts";
import type { WireEvent } from "../../protocol/event/event.ts";
import type { Handle } from "../../protocol/ids.ts";
import { stringMember } from "../../protocol/json/value.ts";
import type { RelayState } from "../../protocol/schemas/relay_state.ts";
import { agentOf } from "../../protocol/trust/trust.ts";
import { isBlocked } from "../../store/home/blocklist.ts";
import type { Home } from "../../store/home/home.ts";
import type { Identity } from "../../store/home/identity.ts";
import { InboundRequest, PendingInbound } from "../../store/home/pending_inbound.ts";
import { oweAck } from "../grants/acceptors.ts";
import { isOlderThanRequest, isRequestExpired } from "./open_request.ts";
import { acceptsStrangers } from "./policy.ts";
import { knownRoute, withRoutes } from "./routes.ts";

/**
 * A drop that no invite admitted. Any other event changes nothing.
 * @throws {WireError} unreadable, locked, write_failed: the event must come again
 */
export async function takeDrop(home: Home, identity: Identity, event: WireEvent): Promise<void> {
  const drop = readDrop(event, identity);
  if (drop === undefined || await isBlocked(home, drop.card.did)) return;
  const pending = new PendingInbound(home);
  if (await pending.isHandled(drop.eventId)) return;
  const [trust, state] = await Promise.all([home.readTrust(), home.readRelayState()]);
  // An expired request of ours is no gesture any more: theirs waits for another.
  const isExpired = isRequestExpired(state, drop.card.handle, home.platform.clock.now());
  const decision = decideDrop(drop, trust, {
    route: isExpired ? undefined : knownRoute(state, drop.card.handle),
    acceptsStrangers: await acceptsStrangers(home),
  });
  switch (decision.tag) {
    case "ignore":
      // Whoever was killed after the mailbox was taken and before it was told tells it now.
      if (decision.reason !== "old" || !isFrom(state, drop)) return;
      await tellComplete(home, drop.card.handle);
      return await pending.markHandled(drop.eventId);
    case "ask":
      return await ask(home, pending, drop);
    default:
      await complete(home, drop);
      if (decision.tag === "complete") await tellComplete(home, drop.card.handle);
      await pending.markHandled(drop.eventId);
  }
}

/** Whether the peer's mailbox is the one that this very drop brought. */
const isFrom = (state: RelayState, { card, timestamp }: PairDrop): boolean =>
  timestamp !== "" && knownRoute(state, card.handle)?.at === timestamp;

async function ask(home: Home, pending: PendingInbound, drop: PairDrop): Promise<void> {
  const { card, endpoints: [flat], endpoints, eventId, timestamp } = drop;
  const request = InboundRequest.parse({
    peer_handle: card.handle,
    peer_did: card.did,
    peer_card: card.card,
    peer_relay_url: flat.relay_url,
    peer_slot_id: flat.slot_id,
    peer_slot_token: flat.slot_token,
    peer_endpoints: endpoints,
    event_id: eventId,
    event_timestamp: timestamp,
    received_at: home.platform.clock.timestamp(),
  });
  const offered = await pending.offer(request);
  const { handle } = card;
  if (offered === "new") {
    await home.platform.notifier.notify(
      `wire — pair request from ${handle}`,
      `run \`wire pair-accept ${handle}\` (or \`wire add ${handle}@${flat.relay_url}\`) to ` +
        `accept, or \`wire pair-reject ${handle}\` to refuse`,
    );
  }
  if (offered === "new" || offered === "updated") await pending.markHandled(eventId);
}

/**
 * The answer is owed from now on, and goes through the outbox, so that neither our relay nor theirs
 * holds up our mail; and before the mailbox, which is what tells that it was done.
 */
async function complete(home: Home, { card, endpoints, timestamp }: PairDrop): Promise<void> {
  const { handle, did } = card;
  await oweAck(home, { did, at: timestamp });
  await home.updateRelayState(
    `wire, a request of ${handle}`,
    (current) => withRoutes(current, handle, { endpoints, at: timestamp }),
  );
}

/**
 * The answer to an add of ours. An ack of anybody else changes nothing; nor does one that comes too
 * late, which is told, and one that was applied once: whoever forgot a peer and adds it again is not
 * led to a mailbox of before.
 * @param sender whose pinned key verified the event
 * @throws {WireError} unreadable, locked, write_failed
 */
export async function takeAck(home: Home, sender: Handle, event: WireEvent): Promise<void> {
  const endpoints = readAck(event);
  if (endpoints === undefined) return;
  const pending = new PendingInbound(home);
  const at = stringMember(event.value, "timestamp") ?? "";
  const agent = agentOf(await home.readTrust(), sender);
  const state = await home.readRelayState();
  const answers = (now: RelayState): boolean => completesAdd(agent, knownRoute(now, sender));
  // Whoever was killed after the mailbox was taken and before it was told tells it now.
  const isTaken = at !== "" && knownRoute(state, sender)?.at === at;
  if (!answers(state) && !isTaken) return;
  if (await pending.isHandled(event.id) || isOlderThanRequest(state, sender, at)) return;
  const isLate = isRequestExpired(state, sender, home.platform.clock.now());
  if (answers(state) && !isLate) {
    await home.updateRelayState(
      `wire, the answer of ${sender}`,
      (current) => answers(current) ? withRoutes(current, sender, { endpoints, at }) : current,
    );
  }
  await (isLate ? tellLate(home, sender) : tellComplete(home, sender));
  await pending.markHandled(event.id);
}

const tellLate = ({ platform: { notifier } }: Home, handle: Handle): Promise<void> =>
  notifier.notify(
    `wire — late answer of ${handle}`,
    "our request had expired, so nothing was changed; `wire add` asks again",
  );

const tellComplete = ({ platform: { notifier } }: Home, handle: Handle): Promise<void> =>
  notifier.notify(
    `wire — pair complete with ${handle}`,
    "Both sides bound. Ready to send + receive.",
  );

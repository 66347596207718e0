/**
 * Tells peers where our mailbox is now: `wire_close`, which people read, and a `pair_drop_ack` with
 * the new coordinates, which 0.5.19 and later programs apply by themselves.
 * See docs/protocol/identity-and-events.md §7.2 and docs/protocol/extensions.md §2.
 */
import { ACK, type DropEndpoints, mailboxBody } from "../protocol/drop/drop.ts";
import { buildEvent, signEvent } from "../protocol/event/event.ts";
import { type Json } from "../protocol/json/value.ts";
import { visible } from "../protocol/text/visible.ts";
import { agentOf, isSelf, type TrustStore } from "../protocol/trust/trust.ts";
import { type Blocklist, readBlocklist } from "../store/home/blocklist.ts";
import type { Identity } from "../store/home/identity.ts";
import { previousMailboxes, withTold } from "../store/home/previous_mailboxes.ts";
import type { RelayState } from "../protocol/schemas/relay_state.ts";
import type { ClientContext } from "./context.ts";
import { endpointsFor } from "./grants/ack_event.ts";
import { mayPass } from "./grants/may_pass.ts";
import { mainMailbox } from "./grants/own_mailboxes.ts";
import { errorText } from "./sync/error_text.ts";
import { isOutside } from "./sync/outside_error.ts";
import { ownRoutes, peerRoutes, type Route, unusedRoutes } from "./sync/routes.ts";

const WIRE_CLOSE = { type: "wire_close", kind: 1201 } as const;
const REASON = "operator-initiated slot rotation";

/** One peer's relay that does not answer holds the others up no longer than this. */
const POST_MS = 10_000;

export interface Announced {
  /** Handles of those whose mailbox took both notices. */
  readonly told: readonly string[];
  readonly failed: readonly { readonly handle: string; readonly reason: string }[];
}

/**
 * Whom a token of our mailbox may be given: pinned and verified, and not blocked. Who has not
 * answered yet is told once we know where. In handle order.
 */
export function peersToTell(trust: TrustStore, blocked: Blocklist): readonly string[] {
  return [...trust.agents.values()]
    .filter((agent) => !isSelf(agent) && agent.did !== "" && !blocked.has(agent.did))
    .filter(({ tier }) => tier === "VERIFIED" || tier === "TRUSTED")
    .map(({ handle }) => handle)
    .sort();
}

/**
 * Tells everybody who is still to be told, one after the other, and writes down who was. Safe to
 * repeat: who was told is not told again.
 * @throws {WireError} unreadable, locked, write_failed; the signal's reason once it is aborted
 */
export async function announceMove(
  context: ClientContext,
  identity: Identity,
  signal?: AbortSignal,
): Promise<Announced> {
  const { home } = context;
  const state = await home.readRelayState();
  const untold = new Set(previousMailboxes(state).flatMap((previous) => previous.untold));
  const told: string[] = [];
  const failed: { handle: string; reason: string }[] = [];
  if (untold.size === 0) return { told, failed };
  const trust = await home.readTrust();
  const entitled = peersToTell(trust, await readBlocklist(home));
  const others = [...untold].filter((handle) => !entitled.includes(handle));
  if (others.length > 0) await markTold(context, others);
  for (const handle of entitled.filter((name) => untold.has(name))) {
    const to = agentOf(trust, handle)?.did ?? "";
    const routes = peerRoutes(state, handle);
    if (routes.tag !== "routes") {
      // Who has no mailbox yet is told later; one that waits for consent is for the operator.
      if (unusedRoutes(state, handle).length > 0) failed.push({ handle, reason: routes.reason });
      continue;
    }
    const reason = await tell(context, { identity, to, state, routes: routes.routes, signal });
    if (reason !== undefined) failed.push({ handle, reason });
    else {
      await markTold(context, [handle]);
      told.push(handle);
    }
  }
  return { told, failed };
}

const markTold = ({ home }: ClientContext, handles: readonly string[]): Promise<RelayState> =>
  home.updateRelayState("wire, telling peers", (state) => withTold(state, handles));

interface Telling {
  readonly identity: Identity;
  readonly to: string;
  readonly state: RelayState;
  readonly routes: readonly Route[];
  readonly signal: AbortSignal | undefined;
}

/** @returns why nobody took it, without any token */
async function tell(context: ClientContext, telling: Telling): Promise<string | undefined> {
  const { identity, to, state, routes, signal } = telling;
  const { clock } = context.platform;
  if (mainMailbox(state) === undefined) return "no mailbox is bound";
  let endpoints: DropEndpoints;
  try {
    endpoints = await endpointsFor(context, { did: to });
  } catch (error) {
    if (!mayPass(error)) throw error;
    return visible(withoutSecrets(errorText(error), state), { maxLength: 300 });
  }
  const notices = noticesOf(endpoints).map(({ type, kind, body }) => {
    const timestamp = clock.timestamp();
    return signEvent(buildEvent({ from: identity.did, to, type, kind, body, timestamp }), identity);
  });
  let reason = "no mailbox of the peer is known";
  for (const { relayUrl, slotId, slotToken } of routes) {
    const deadline = clock.timeout(POST_MS);
    const until = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
    try {
      for (const { text } of notices) {
        await context.relay(relayUrl).postEvent(slotId, slotToken, text, { signal: until });
      }
      return undefined;
    } catch (error) {
      signal?.throwIfAborted();
      if (!isOutside(error)) throw error;
      const said = endpoints.reduce(
        (text, { slot_token }) => text.replaceAll(slot_token, "…"),
        errorText(error),
      );
      reason = visible(withoutSecrets(said, state), { maxLength: 300 });
    }
  }
  return reason;
}

interface Notice {
  readonly type: string;
  readonly kind: number;
  readonly body: Json;
}

/** The coordinates first: whoever gets only one of the two must get these. */
function noticesOf(endpoints: DropEndpoints): readonly Notice[] {
  const [{ relay_url, slot_id }] = endpoints;
  return [
    { ...ACK, body: mailboxBody(endpoints) },
    { ...WIRE_CLOSE, body: { reason: REASON, new_relay_url: relay_url, new_slot_id: slot_id } },
  ];
}

/** A relay may repeat in its error what it was sent. */
const withoutSecrets = (text: string, state: RelayState): string =>
  ownRoutes(state).reduce((rest, { slotToken }) => rest.replaceAll(slotToken, "…"), text);

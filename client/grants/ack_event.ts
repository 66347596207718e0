/**
 * Our mailboxes as one peer may know them: in a request, and in the answer to one, which is the
 * moment at which a token of ours is released. See docs/protocol/extensions.md §2.
 */
import {
  ACK,
  type DropEndpoint,
  type DropEndpoints,
  mailboxBody,
} from "../../protocol/drop/drop.ts";
import { buildEvent, signEvent, type WireEvent } from "../../protocol/event/event.ts";
import { WireError } from "../../protocol/errors.ts";
import { shownRelay } from "../../protocol/unix_relay.ts";
import type { Identity } from "../../store/home/identity.ts";
import type { ClientContext } from "../context.ts";
import { ownRoutes, type Route } from "../sync/routes.ts";
import { type Grantee, handOutAll } from "./hand_out.ts";
import { mainMailbox } from "./own_mailboxes.ts";

/**
 * The one of the flat members first, each with what that peer may use there.
 * @throws {WireError} unreadable, without a mailbox of our own; and as handOut
 */
export async function endpointsFor(
  context: ClientContext,
  peer: Grantee,
): Promise<DropEndpoints> {
  const state = await context.home.readRelayState();
  const main = mainMailbox(state);
  if (main === undefined) {
    throw new WireError("unreadable", "self relay state incomplete; cannot emit pair_drop_ack", {
      hint: "wire bind-relay <url>",
    });
  }
  const others = ownRoutes(state).filter((route) =>
    route.slotId !== main.slotId || route.relayUrl !== main.relayUrl
  );
  const routes = [{ ...main, scope: "federation" as const }, ...others];
  const [flat, ...more] = await handOutAll<Given>(context, peer, routes);
  if (flat === undefined) throw new TypeError("the first route is given, or an error is thrown");
  return [{ ...endpointOf(flat), relay_url: flat.relayUrl }, ...more.map(endpointOf)];
}

type Given = Omit<Route, "shownUrl">;

const endpointOf = ({ relayUrl, slotId, slotToken, scope }: Given): DropEndpoint => ({
  relay_url: shownRelay(relayUrl),
  slot_id: slotId,
  slot_token: slotToken,
  scope,
});

/** A signed `pair_drop_ack`. @throws {WireError} as {@linkcode endpointsFor} */
export async function ackFor(
  context: ClientContext,
  identity: Identity,
  did: string,
): Promise<WireEvent> {
  const body = mailboxBody(await endpointsFor(context, { did }));
  const timestamp = context.platform.clock.timestamp();
  return signEvent(buildEvent({ from: identity.did, to: did, ...ACK, body, timestamp }), identity);
}

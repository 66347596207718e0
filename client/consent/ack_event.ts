/** Our answer to a request: the moment at which our token is released. */
import { ACK, mailboxBody } from "../../protocol/drop/drop.ts";
import { buildEvent, signEvent, type WireEvent } from "../../protocol/event/event.ts";
import type { RelayState } from "../../protocol/schemas/relay_state.ts";
import { WireError } from "../../protocol/errors.ts";
import type { Identity } from "../../store/home/identity.ts";
import { ownRoutes } from "../sync/routes.ts";
import { ownEndpoints } from "./routes.ts";

/** @throws {WireError} unreadable, without a mailbox of our own */
export function ackEvent(
  identity: Identity,
  state: RelayState,
  { to, timestamp }: { readonly to: string; readonly timestamp: string },
): WireEvent {
  const routes = ownRoutes(state);
  const main = routes.find(({ slotId }) => slotId === state.self?.slot_id) ??
    routes.find(({ scope }) => scope === "federation");
  if (main === undefined) {
    throw new WireError("unreadable", "self relay state incomplete; cannot emit pair_drop_ack", {
      hint: "wire bind-relay <url>",
    });
  }
  const body = mailboxBody(ownEndpoints(state, main));
  return signEvent(buildEvent({ from: identity.did, to, ...ACK, body, timestamp }), identity);
}

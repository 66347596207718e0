/**
 * A mailbox of ours on a relay of this machine, beside the one that everybody reaches: an element of
 * `self.endpoints`. Pure. See docs/protocol/identity-and-events.md §10.1 and docs/protocol/cli.md §9, S14.
 */
import type { Endpoint, RelayState, SelfMailbox } from "../../protocol/schemas/relay_state.ts";
import { endpointsIn } from "../../protocol/schemas/relay_state.ts";
import { shownRelay, unixPathOf } from "../../protocol/unix_relay.ts";
import type { NewMailbox } from "./mailbox.ts";

/** Ours: peers that were pinned before have not been told of an endpoint yet. */
const UNTOLD = "endpoints_untold";
const CURSOR = {
  local: "last_pulled_event_id_local",
  uds: "last_pulled_event_id_uds",
} as const;

/**
 * The state with that mailbox in the place of another one on the same relay, behind all others; the
 * main one is listed first, where 0.5.19 looks. Tokens stay with their endpoints.
 */
export function withLocalMailbox(state: RelayState, mailbox: NewMailbox): RelayState {
  const { self } = state;
  if (self === null) return state;
  const relay_url = shownRelay(mailbox.relayUrl);
  const scope = unixPathOf(mailbox.relayUrl) === undefined ? "local" : "uds";
  const isReplaced = (endpoint: Endpoint): boolean =>
    endpoint.scope === scope && endpoint.relay_url === relay_url;
  const listed = endpointsIn(self.endpoints).filter((endpoint) => !isReplaced(endpoint));
  const main = mainEndpoint(self);
  const isListed = main === undefined || listed.some(({ slot_id }) => slot_id === main.slot_id);
  const local: Endpoint = {
    relay_url,
    slot_id: mailbox.slotId,
    slot_token: mailbox.slotToken,
    scope,
  };
  const endpoints = [...(isListed ? [] : [main]), ...listed, local];
  const { [CURSOR[scope]]: cursor, ...kept } = self;
  // A cursor of the mailbox whose place it takes means nothing in this one.
  const isSole = !listed.some((endpoint) => endpoint.scope === scope);
  const cursors = isSole || cursor === undefined ? {} : { [CURSOR[scope]]: cursor };
  return { ...state, self: { ...kept, ...cursors, endpoints, [UNTOLD]: true } };
}

function mainEndpoint({ relay_url, slot_id, slot_token }: SelfMailbox): Endpoint | undefined {
  if (!relay_url || !slot_id || !slot_token) return undefined;
  return { relay_url, slot_id, slot_token, scope: "federation" };
}

/** Whether peers are still to be told of an endpoint that was added. */
export const isUntold = ({ self }: RelayState): boolean =>
  self !== null && Reflect.get(self, UNTOLD) === true;

export function withToldEndpoints(state: RelayState): RelayState {
  if (state.self === null) return state;
  const { [UNTOLD]: _told, ...self } = state.self;
  return { ...state, self };
}

/** Our own entry of relay.json. Pure. See docs/protocol/identity-and-events.md §10.3. */
import type { RelayUrl, SlotId, SlotToken } from "../../protocol/ids.ts";
import type { RelayState, SelfMailbox } from "../../protocol/schemas/relay_state.ts";
import { endpointsIn } from "../../protocol/schemas/relay_state.ts";

export interface NewMailbox {
  readonly relayUrl: RelayUrl;
  readonly slotId: SlotId;
  readonly slotToken: SlotToken;
}

/**
 * The state with another mailbox as ours. What 0.5.19 loses here stays: endpoints of other scopes,
 * their cursors, unknown members. The cursor of the old mailbox means nothing in the new one.
 */
export function withMailbox(state: RelayState, mailbox: NewMailbox): RelayState {
  const { endpoints, last_pulled_event_id: _old, ...kept } = state.self ?? {};
  const flat = {
    relay_url: mailbox.relayUrl,
    slot_id: mailbox.slotId,
    slot_token: mailbox.slotToken,
  };
  const others = endpointsIn(endpoints).filter((endpoint) => endpoint.scope !== "federation");
  const self: SelfMailbox = { ...kept, ...flat };
  if (others.length > 0) self.endpoints = [{ ...flat, scope: "federation" }, ...others];
  return { ...state, self };
}

/** Where we are reached, without the token: `<relay>/slot/<slot id>`; undefined when not bound. */
export function mailboxAddress({ self }: RelayState): string | undefined {
  if (!self?.relay_url || !self.slot_id) return undefined;
  return `${self.relay_url.replace(/\/+$/, "")}/slot/${self.slot_id}`;
}

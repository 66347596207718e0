/** Every mailbox that we can still speak for: ours, and those that we moved out of. Pure. */
import type { RelayState } from "../../protocol/schemas/relay_state.ts";
import type { NewMailbox } from "../../store/home/mailbox.ts";
import { previousMailboxes } from "../../store/home/previous_mailboxes.ts";
import type { OwnSlot } from "../../store/home/grants.ts";
import { ownRoutes } from "../sync/routes.ts";

export const ownMailboxes = (state: RelayState): readonly NewMailbox[] => [
  ...ownRoutes(state),
  ...previousMailboxes(state),
];

/** With our token to it; undefined when relay.json does not name it any more. */
export const ownMailbox = (state: RelayState, slot: OwnSlot): NewMailbox | undefined =>
  ownMailboxes(state).find(({ relayUrl, slotId }) =>
    relayUrl === slot.relayUrl && slotId === slot.slotId
  );

/** The one that flat members name, which invites, drops and acks carry. */
export function mainMailbox(state: RelayState): NewMailbox | undefined {
  const routes = ownRoutes(state);
  return routes.find(({ slotId }) => slotId === state.self?.slot_id) ??
    routes.find(({ scope }) => scope === "federation");
}

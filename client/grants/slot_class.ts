/**
 * Whether a mailbox of ours has a token that is ours alone. Said by the relay once and written down;
 * a mailbox never changes its class. See docs/protocol/extensions.md §2.
 */
import type { NewMailbox } from "../../store/home/mailbox.ts";
import {
  classOf,
  readGrants,
  type SlotClass,
  updateGrants,
  withClass,
} from "../../store/home/grants.ts";
import type { ClientContext } from "../context.ts";
import { featuresOf } from "../relay/features.ts";

/**
 * @throws {WireError} unreachable, relay_status, relay_garbage, feature_lost: then nobody knows, and
 * nothing may be handed out; locked, unreadable, write_failed
 */
export async function slotClass(context: ClientContext, mailbox: NewMailbox): Promise<SlotClass> {
  const known = classOf(await readGrants(context.home), mailbox);
  if (known !== undefined) return known;
  const relay = context.relay(mailbox.relayUrl);
  const features = await featuresOf(context, mailbox.relayUrl);
  // Not written down: a header that is missing is no answer about this mailbox.
  if (!features.has("grants")) return "shared";
  const isOwned = await relay.grants.listIfOwned(mailbox) !== undefined;
  return await rememberClass(context, mailbox, isOwned ? "owner" : "shared");
}

/** What is known already stays. @returns what is known now */
export async function rememberClass(
  { home }: ClientContext,
  mailbox: NewMailbox,
  found: SlotClass,
): Promise<SlotClass> {
  const grants = await updateGrants(
    home,
    "wire, a mailbox",
    (current) => withClass(current, mailbox, found),
  );
  return classOf(grants, mailbox) ?? found;
}

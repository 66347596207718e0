/** One received message by its id. */
import type { ClientContext } from "../client/context.ts";
import { inOrder } from "../client/inbox_order.ts";
import { shownEvent } from "../client/redact_tokens.ts";
import { WireError } from "../protocol/errors.ts";
import type { WireEvent } from "../protocol/event/event.ts";
import { verifyEvent } from "../protocol/event/verify.ts";
import { isEventId } from "../protocol/ids.ts";
import { quote } from "../protocol/json/quote.ts";
import { type JsonObject, withMembers } from "../protocol/json/value.ts";
import { Inbox } from "../store/mail/inbox.ts";

/** As `tail` shows it. @throws {WireError} usage, not_found, unreadable */
export async function receivedEvent(context: ClientContext, id: string): Promise<JsonObject> {
  const event = await findReceived(context, id);
  const { home } = context;
  const self = await home.isInitialized() ? await home.readIdentity() : undefined;
  const { ok } = verifyEvent(event, await home.readTrust(), self);
  return withMembers(shownEvent(event.value), { verified: ok });
}

/** As it was signed. @throws {WireError} usage, not_found, unreadable */
export async function findReceived(context: ClientContext, id: string): Promise<WireEvent> {
  if (!isEventId(id)) {
    throw new WireError("usage", `event_id: expected 64 hex digits, got ${quote(id)}`);
  }
  const { home, platform: { files, clock } } = context;
  const inbox = new Inbox({ files, stateRoot: home.paths.stateRoot });
  const senders = await inbox.senders();
  const all = inOrder(senders.map((sender) => ({ sender, path: inbox.path(sender) })), {
    files,
    nowMs: clock.now(),
    onUnusable: () => undefined, // told by tail; here it is only not the one
  });
  for await (const { event } of all) if (event.id === id) return event;
  throw new WireError("not_found", `no received message has the id ${id}`);
}

/** Received messages on their way to an agent: verified now, and marked as read where that is asked for. */
import type { ClientContext } from "../client/context.ts";
import { ReadReceipts } from "../client/delivery/read_receipts.ts";
import type { Received } from "../client/history/inbox_order.ts";
import { findReceived } from "../client/history/received_history.ts";
import { shownEvent } from "../client/redact_tokens.ts";
import { WireError } from "../protocol/errors.ts";
import type { WireEvent } from "../protocol/event/event.ts";
import { verifyEvent } from "../protocol/event/verify.ts";
import { isEventId } from "../protocol/ids.ts";
import { quote } from "../protocol/json/quote.ts";
import { type JsonObject, withMembers } from "../protocol/json/value.ts";
import { receivedFiles } from "../store/mail/received_files.ts";

type Message = Pick<Received, "sender" | "event">;

/** As `tail` shows them, in the order in which they are given. @throws {WireError} unreadable */
export async function shownMessages(
  context: ClientContext,
  messages: readonly Message[],
): Promise<JsonObject[]> {
  const { home } = context;
  const trust = await home.readTrust();
  const self = await home.isInitialized() ? await home.readIdentity() : undefined;
  const reads = await ReadReceipts.begin(context);
  const shown = messages.map(({ sender, event }) => {
    const verified = verifyEvent(event, trust, self).ok;
    if (verified) reads.shown(sender, event);
    return withMembers(shownEvent(event.value), { verified });
  });
  await reads.end();
  return shown;
}

/** One by its id. @throws {WireError} usage, not_found, unreadable */
export async function receivedEvent(context: ClientContext, id: string): Promise<JsonObject> {
  const [shown] = await shownMessages(context, [await receivedMessage(context, id)]);
  if (shown === undefined) throw notReceived(id);
  return shown;
}

/** As it was signed. @throws {WireError} usage, not_found, unreadable */
export async function signedEvent(context: ClientContext, id: string): Promise<WireEvent> {
  return (await receivedMessage(context, id)).event;
}

async function receivedMessage(context: ClientContext, id: string): Promise<Message> {
  if (!isEventId(id)) {
    throw new WireError("usage", `event_id: expected 64 hex digits, got ${quote(id)}`);
  }
  const { home: { paths: { stateRoot } }, platform: { files } } = context;
  const found = await findReceived(files, await receivedFiles({ files, stateRoot }), id);
  if (found === undefined) throw notReceived(id);
  return found;
}

const notReceived = (id: string): WireError =>
  new WireError("not_found", `no received message has the id ${id}`);

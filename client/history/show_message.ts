/** One message of this home's mail as a whole: for `search --show`. */
import { WireError } from "../../protocol/errors.ts";
import { verifyEvent } from "../../protocol/event/verify.ts";
import { type JsonObject, stringMember } from "../../protocol/json/value.ts";
import type { Direction } from "../../store/search/sources.ts";
import type { ClientContext } from "../context.ts";
import { ReadReceipts } from "../delivery/read_receipts.ts";
import { checkMessageId, findMessage } from "./find_message.ts";
import { shownEvent } from "../redact_tokens.ts";
import { kindTextOf, preview } from "../sync/inbox_event.ts";

/** A type, so that it is a JSON object for whoever shows it. */
export type ShownMessage = {
  readonly event_id: string;
  readonly peer: string;
  readonly direction: Direction;
  readonly kind: string;
  readonly timestamp: string;
  /** How its body begins. */
  readonly snippet: string;
  readonly verified: boolean;
  readonly raw: JsonObject;
};

/** @throws {WireError} usage, not_found, conflict (several begin so), unreadable */
export async function showMessage(context: ClientContext, id: string): Promise<ShownMessage> {
  checkMessageId(id, "show");
  const found = await findMessage(context, id);
  if (found === undefined) {
    throw new WireError("not_found", `no message has the id ${id}`, { hint: "wire search WORDS" });
  }
  const { home } = context;
  const { peer, direction, event } = found;
  const self = direction === "in" && await home.isInitialized()
    ? await home.readIdentity()
    : undefined;
  const verified = verifyEvent(event, await home.readTrust(), self).ok;
  if (direction === "in" && verified) {
    const reads = await ReadReceipts.begin(context);
    reads.shown(peer, event);
    await reads.end();
  }
  const raw = shownEvent(event.value);
  return {
    event_id: event.id,
    peer,
    direction,
    kind: kindTextOf(raw),
    timestamp: stringMember(raw, "timestamp") ?? "",
    snippet: preview(raw),
    verified,
    raw,
  };
}

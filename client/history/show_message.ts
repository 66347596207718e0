/** Messages of this home's mail as wholes: for `search --show` and `thread`. */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { verifyEvent } from "../../protocol/event/verify.ts";
import { isJsonObject, type JsonObject, stringMember } from "../../protocol/json/value.ts";
import type { ClientContext } from "../context.ts";
import { ReadReceipts } from "../delivery/read_receipts.ts";
import { shownEvent } from "../redact_tokens.ts";
import { kindTextOf, preview } from "../sync/inbox_event.ts";
import { checkMessageId, findMessage, type FoundMessage } from "./find_message.ts";

export const ShownMessage = z.object({
  event_id: z.string(),
  peer: z.string(),
  /** Received, or sent by us. */
  direction: z.enum(["in", "out"]),
  kind: z.string(),
  /** As the sender says. */
  timestamp: z.string(),
  /** How its body begins. */
  snippet: z.string(),
  /** By the trust of now. */
  verified: z.boolean(),
  /** The event as it was signed, but for tokens of mailboxes. */
  raw: z.custom<JsonObject>(isJsonObject),
});
export type ShownMessage = z.output<typeof ShownMessage>;

/** In the order in which they are given; those that came and verify count as read. @throws {WireError} unreadable */
export async function showMessages(
  context: ClientContext,
  messages: readonly FoundMessage[],
): Promise<ShownMessage[]> {
  const { home } = context;
  const trust = await home.readTrust();
  const self = await home.isInitialized() ? await home.readIdentity() : undefined;
  const reads = await ReadReceipts.begin(context);
  const shown = messages.map(({ peer, direction, event }) => {
    const verified = verifyEvent(event, trust, direction === "in" ? self : undefined).ok;
    if (direction === "in" && verified) reads.shown(peer, event);
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
  });
  await reads.end();
  return shown;
}

/** @throws {WireError} usage, not_found, conflict (several begin so), unreadable */
export async function showMessage(context: ClientContext, id: string): Promise<ShownMessage[]> {
  checkMessageId(id, "show");
  const found = await findMessage(context, id);
  if (found !== undefined) return await showMessages(context, [found]);
  throw new WireError("not_found", `no message has the id ${id}`, { hint: "wire search WORDS" });
}

/**
 * What of a peer's inbox file it has not been told yet. The file is the list: an event stands there
 * once it is verified, stored and no duplicate. See docs/protocol/extensions.md §5.
 */
import type { Files } from "../../platform/files.ts";
import { WireError } from "../../protocol/errors.ts";
import { type Receipted, wantsReceipt } from "../../protocol/delivery/receipts.ts";
import { parseEvent } from "../../protocol/event/event.ts";
import { isEventId } from "../../protocol/ids.ts";
import { readLines } from "../../store/mail/jsonl.ts";

export interface DuePart {
  readonly messages: readonly Receipted[];
  /** Up to which place in the file. */
  readonly offset: number;
}

/**
 * @param file of messages
 * @param most messages at once
 */
export async function dueReceived(
  files: Files,
  file: string,
  from: { readonly offset: number; readonly most: number },
): Promise<DuePart> {
  const messages: Receipted[] = [];
  let { offset } = from;
  for await (const { text, end } of readLines(files, file, offset)) {
    offset = end;
    const eventId = text === undefined ? undefined : receiptedIn(text);
    if (eventId !== undefined) messages.push({ step: "received", eventId });
    if (messages.length >= from.most) break;
  }
  return { messages, offset };
}

function receiptedIn(line: string) {
  try {
    const event = parseEvent(line);
    return isEventId(event.id) && wantsReceipt(event) ? event.id : undefined;
  } catch (error) {
    if (error instanceof WireError) return undefined; // torn or foreign: no message
    throw error;
  }
}

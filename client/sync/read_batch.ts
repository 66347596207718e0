/** As many messages of a queue as go into one frame. */
import type { EventId } from "../../protocol/ids.ts";
import { utf8Length } from "../../protocol/json/parse.ts";
import { MAX_BATCH } from "../../protocol/schemas/ws_frames.ts";
import type { PeerQueue } from "./peer_queue.ts";
import type { Message } from "./poster.ts";

/** With one event more it still fits in a frame. */
const BATCH_BYTES = 512 * 1024;

/** @param left ids in their order; those that were read are taken off */
export async function readBatch(queue: PeerQueue, left: EventId[]): Promise<{
  readonly messages: readonly Message[];
  /** The line of this id is not there any more, nor is anything else known of the file. */
  readonly unread?: EventId;
}> {
  const messages: Message[] = [];
  let bytes = 0;
  while (messages.length < MAX_BATCH && bytes < BATCH_BYTES) {
    const id = left.shift();
    if (id === undefined) break;
    const message = await queue.read(id);
    if (message === undefined) return { messages, unread: id };
    messages.push(message);
    bytes += utf8Length(message.text);
  }
  return { messages };
}

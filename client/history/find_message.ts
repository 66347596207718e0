/** One message of this home's mail, received, archived or sent, by its id or the beginning of it. */
import { WireError } from "../../protocol/errors.ts";
import type { WireEvent } from "../../protocol/event/event.ts";
import type { Handle } from "../../protocol/ids.ts";
import { quote } from "../../protocol/json/quote.ts";
import { type Direction, searchSources } from "../../store/search/sources.ts";
import type { ClientContext } from "../context.ts";
import { eventsWith } from "./received_history.ts";

export interface FoundMessage {
  readonly direction: Direction;
  readonly peer: Handle;
  readonly event: WireEvent;
}

const SHORTEST_PREFIX = 4;
const WHOLE = 64;

/** @throws {WireError} usage: neither an id nor the beginning of one */
export function checkMessageId(id: string, action: string): void {
  if (/^[0-9a-f]+$/.test(id) && id.length >= SHORTEST_PREFIX && id.length <= WHOLE) return;
  throw new WireError(
    "usage",
    `Cannot ${action} ${quote(id)}: expected 4 to 64 hex digits of a message's id`,
  );
}

/**
 * Reads all mail where only the beginning of an id is known.
 * @throws {WireError} conflict (several begin so), unreadable
 */
export async function findMessage(
  { home: { paths: { stateRoot } }, platform: { files } }: ClientContext,
  id: string,
): Promise<FoundMessage | undefined> {
  const found = new Map<string, FoundMessage>();
  for (const { direction, peer, path } of await searchSources(files, stateRoot)) {
    for await (const event of eventsWith(files, path, id)) {
      if (!event.id.startsWith(id)) continue;
      if (id.length === WHOLE) return { direction, peer, event };
      found.set(event.id, { direction, peer, event });
    }
  }
  const [message, ...others] = found.values();
  if (others.length > 0) {
    const ids = [...found.keys()].slice(0, 4).map((one) => one.slice(0, id.length + 4)).join(", ");
    throw new WireError("conflict", `${found.size} messages begin with ${id}: ${ids} …`);
  }
  return message;
}

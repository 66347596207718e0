/**
 * Follows the inbox files: each complete line once, from where they ended when the watcher was
 * made. Takes no lock and writes nothing, so any number of them may run.
 * See docs/protocol/identity-and-events.md §18.
 */
import type { Files } from "../../platform/files.ts";
import { WireError } from "../../protocol/errors.ts";
import { parseEvent, type WireEvent } from "../../protocol/event/event.ts";
import type { Handle } from "../../protocol/ids.ts";
import type { Inbox } from "../../store/mail/inbox.ts";
import { MAX_LINE_BYTES, readLines } from "../../store/mail/jsonl.ts";

export interface InboxItem {
  readonly peer: Handle;
  readonly event: WireEvent;
}

export class InboxWatcher {
  readonly #files: Files;
  readonly #inbox: Inbox;
  readonly #only: Handle | undefined;
  /** After the last line that was read; a file that is not here is read from its start. */
  readonly #ends = new Map<Handle, number>();

  /** @param only watches this peer's file and no other */
  constructor(files: Files, inbox: Inbox, only?: Handle) {
    this.#files = files;
    this.#inbox = inbox;
    this.#only = only;
  }

  /** Goes on from places after a line, as `ends` gave them to an earlier watcher. */
  resume(ends: ReadonlyMap<Handle, number>): void {
    for (const [peer, end] of ends) this.#ends.set(peer, end);
  }

  /** How far each file was read. */
  ends(): ReadonlyMap<Handle, number> {
    return this.#ends;
  }

  /** What is there now counts as read. */
  async skipToEnd(): Promise<void> {
    for (const peer of await this.#peers()) {
      this.#ends.set(peer, await endOfLastLine(this.#files, this.#inbox.path(peer)));
    }
  }

  /** What came since the last time. */
  async *fresh(): AsyncGenerator<InboxItem, void, undefined> {
    for (const peer of await this.#peers()) {
      const file = this.#inbox.path(peer);
      const size = (await this.#files.stat(file))?.size ?? 0;
      const end = this.#ends.get(peer) ?? 0;
      // Somebody made the file shorter: what stands there was seen before.
      if (size < end) this.#ends.set(peer, await endOfLastLine(this.#files, file));
      if (size <= end) continue;
      for await (const line of readLines(this.#files, file, end)) {
        this.#ends.set(peer, line.end);
        const event = eventIn(line.text);
        if (event !== undefined) yield { peer, event };
      }
    }
  }

  async #peers(): Promise<readonly Handle[]> {
    return this.#only === undefined ? await this.#inbox.senders() : [this.#only];
  }
}

/** A torn or foreign line is passed over, as every reader of these files does. */
function eventIn(text: string | undefined): WireEvent | undefined {
  if (text === undefined || text.trim() === "") return undefined;
  try {
    return parseEvent(text);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

const LINE_FEED = 0x0a;
const FIRST_LOOK_BYTES = 4 * 1024;

/** The writer may be in the middle of a line: that one is still to come. */
async function endOfLastLine(files: Files, file: string): Promise<number> {
  const size = (await files.stat(file))?.size ?? 0;
  // Nearly always the last byte.
  for (let look = FIRST_LOOK_BYTES;; look *= 16) {
    const from = Math.max(0, size - look);
    const tail = await files.readAt(file, from, size - from);
    const feed = tail.lastIndexOf(LINE_FEED);
    if (feed !== -1 || from === 0 || look >= MAX_LINE_BYTES) return from + feed + 1;
  }
}

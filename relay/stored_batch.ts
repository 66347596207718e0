/** Events just stored in one slot, made ready once for however many listen. */
import type { SlotId } from "../protocol/ids.ts";
import { joinBytes } from "../protocol/bytes.ts";
import type { Entry } from "../store/slots/slot_store.ts";
import { type EventsFrame, eventsFrames } from "./ws/frames.ts";

const encoder = new TextEncoder();
const DATA = encoder.encode("data: ");
const END = encoder.encode("\n\n");

export class StoredBatch {
  #messages: readonly Uint8Array[] | undefined;
  #frames: readonly EventsFrame[] | undefined;

  /** @param entries in order, at least one; their seqs follow each other unless some are gone */
  constructor(readonly slot: SlotId, readonly first: number, readonly entries: readonly Entry[]) {}

  /** Server-sent events, one each. */
  get messages(): readonly Uint8Array[] {
    return this.#messages ??= this.entries.map(({ bytes }) => joinBytes([DATA, bytes, END]));
  }

  get frames(): readonly EventsFrame[] {
    return this.#frames ??= eventsFrames(this.slot, this.entries);
  }
}

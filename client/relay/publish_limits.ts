/**
 * What a relay takes in one frame, as it announces it, and how messages are laid into frames that
 * fit. Pure. See docs/protocol/extensions.md §1 and §3.
 */
import { MAX_EVENT_BYTES } from "../../protocol/event/limits.ts";
import { utf8Length } from "../../protocol/json/parse.ts";
import type { RelayInfo } from "../../protocol/schemas/relay_api.ts";
import { MAX_BATCH, MAX_FRAME_BYTES } from "../../protocol/schemas/ws_frames.ts";

export interface PublishLimits {
  readonly maxBatch: number;
  readonly maxFrameBytes: number;
  readonly maxEventBytes: number;
}

/** Of the protocol: nobody sends more, whatever a relay would take. */
export const PROTOCOL_LIMITS: PublishLimits = {
  maxBatch: MAX_BATCH,
  maxFrameBytes: MAX_FRAME_BYTES,
  maxEventBytes: MAX_EVENT_BYTES,
};

/** What stands around the events of a frame: operation, slot, token, the relay's URL. */
const ENVELOPE_BYTES = 1_536;

export const publishLimitsOf = ({ limits }: RelayInfo): PublishLimits => ({
  maxBatch: Math.min(limits.max_batch, MAX_BATCH),
  maxFrameBytes: Math.min(limits.max_frame_bytes, MAX_FRAME_BYTES),
  maxEventBytes: Math.min(limits.max_event_bytes, MAX_EVENT_BYTES),
});

/** What is to be done with the messages from `start` on, `count` of them. */
export interface Portion {
  readonly start: number;
  readonly count: number;
  /** `alone`: it fits in no frame of that relay, so it goes as a request of its own. */
  readonly as: "frame" | "alone";
}

/**
 * In their order: every message stands in exactly one portion.
 * @param texts stored forms
 */
export function portionsOf(texts: readonly string[], limits: PublishLimits): readonly Portion[] {
  const room = limits.maxFrameBytes - ENVELOPE_BYTES;
  const portions: Portion[] = [];
  let start = 0;
  let bytes = 0;
  const close = (end: number): void => {
    if (end > start) portions.push({ start, count: end - start, as: "frame" });
    start = end;
    bytes = 0;
  };
  for (const [at, text] of texts.entries()) {
    const size = utf8Length(text) + 1; // with its comma
    if (size > room || size - 1 > limits.maxEventBytes || limits.maxBatch < 1) {
      close(at);
      portions.push({ start: at, count: 1, as: "alone" });
      start = at + 1;
      continue;
    }
    if (at - start >= limits.maxBatch || bytes + size > room) close(at);
    bytes += size;
  }
  close(texts.length);
  return portions;
}

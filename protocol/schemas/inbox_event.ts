/**
 * One line of `monitor --json`, in this order. See docs/protocol/identity-and-events.md §18.
 */
import { z } from "zod";

/** `body_preview` has at most this many Unicode scalar values. */
export const PREVIEW_CHARACTERS = 120;

export const InboxEvent = z.object({
  /** The inbox file's stem. */
  peer: z.string(),
  event_id: z.string(),
  /** The event's `type` if that is a string, else its `kind` as JSON text, else "". */
  kind: z.string(),
  body_preview: z.string(),
  verified: z.boolean(),
  timestamp: z.string(),
  /** The whole event. */
  raw: z.unknown(),
});
export type InboxEvent = z.infer<typeof InboxEvent>;

/**
 * What a running daemon tells other programs of its home over the local socket: how it is, and what
 * happens. Everything here names things that lie in files; no text of a peer, and no secret.
 */
import { z } from "zod";

/** One of our mailboxes, and how its mail comes. */
export const LiveMailbox = z.object({
  relay_url: z.string(),
  slot_id: z.string(),
  transport: z.enum(["websocket", "event_stream", "polling", "none"]),
  /** Why it is not a WebSocket. */
  why: z.string().optional(),
});
export type LiveMailbox = z.infer<typeof LiveMailbox>;

/** A mailbox of a peer that is left alone for a while, because the last attempt failed. */
export const LiveRest = z.object({
  peer: z.string(),
  relay_url: z.string(),
  reason: z.string(),
  retry_in_ms: z.int().nonnegative(),
});
export type LiveRest = z.infer<typeof LiveRest>;

/** The last thing that went wrong in a step of the daemon; null once that step went well again. */
export const LiveProblem = z.object({ step: z.string(), error: z.string(), at: z.string() });
export type LiveProblem = z.infer<typeof LiveProblem>;

export const LiveStatus = z.object({
  version: z.string(),
  pid: z.int(),
  did: z.string(),
  started_at: z.string(),
  /** When the last full round ended; null before the first has. */
  round_at: z.string().nullable(),
  mailboxes: z.array(LiveMailbox),
  resting: z.array(LiveRest),
  last_error: LiveProblem.nullable(),
  watchers: z.int().nonnegative(),
});
export type LiveStatus = z.infer<typeof LiveStatus>;

/** What a daemon answers to a nudge: who heard it. */
export const LiveNudged = z.object({ version: z.string(), pid: z.int() });
export type LiveNudged = z.infer<typeof LiveNudged>;

export const LiveEvent = z.discriminatedUnion("event", [
  /** The first: whatever happens from here on is told. */
  z.object({ event: z.literal("watching"), version: z.string(), pid: z.int() }),
  /** Stands in the inbox, verified. */
  z.object({ event: z.literal("received"), peer: z.string(), event_id: z.string() }),
  /** Came, and did not go to the inbox: it is in quarantine, or was there before. */
  z.object({ event: z.literal("rejected"), event_id: z.string() }),
  /** A relay has it, as the delivery journal says. */
  z.object({ event: z.literal("stored"), peer: z.string(), event_id: z.string() }),
  /** A pairing went from one status to another. */
  z.object({ event: z.literal("pairing"), code: z.string(), from: z.string(), to: z.string() }),
  /** How mail comes has changed: `status` tells. */
  z.object({ event: z.literal("mailboxes") }),
  /** The watcher was too slow: so many were left out. The files have everything. */
  z.object({ event: z.literal("missed"), count: z.int().positive() }),
]);
export type LiveEvent = z.infer<typeof LiveEvent>;

/**
 * Frames of a relay that nobody trusts, read: each is bounded, is JSON and fits its schema, and the
 * events in it keep their numbers as they were sent. See docs/protocol/extensions.md §3.
 */
import type { z } from "zod";
import { checkSize } from "../../protocol/json/parse.ts";
import { JsonReader } from "../../protocol/json/reader.ts";
import { isJsonArray, isJsonObject, type Json, member, plain } from "../../protocol/json/value.ts";
import {
  type ClosedFrame,
  type ErrorFrame,
  EventsFrame,
  type LiveFrame,
  MAX_FRAME_BYTES,
  MAX_FRAME_DEPTH,
  type OpenedFrame,
  type PairNewsFrame,
  type PongFrame,
  type PublishedFrame,
  RelayFrame,
} from "../../protocol/schemas/ws_frames.ts";
import { WireError } from "../../protocol/errors.ts";
import { schemaProblem } from "../../protocol/schemas/problem.ts";

export interface Arrival {
  /** What the relay calls an event: to be judged. */
  readonly event: Json;
  readonly seq: number;
}

export interface ArrivalFrame {
  readonly op: "events";
  readonly slot: string;
  readonly events: readonly Arrival[];
}

export type Answer = OpenedFrame | PublishedFrame | PairNewsFrame | ClosedFrame | PongFrame;
export type Frame = ArrivalFrame | LiveFrame | ErrorFrame | Answer;

const KNOWN: ReadonlySet<unknown> = new Set(RelayFrame.options.map(({ shape }) => shape.op.value));

/**
 * @returns undefined for a frame of a kind that is not known here: a newer relay's
 * @throws {WireError} bad_json, or usage: which member was wrong
 */
export function readFrame(text: string): Frame | undefined {
  checkSize(text, MAX_FRAME_BYTES);
  const value = new JsonReader(text, MAX_FRAME_DEPTH).document();
  const op = isJsonObject(value) ? member(value, "op") : undefined;
  if (op === "events") return arrivals(value);
  if (typeof op === "string" && !KNOWN.has(op)) return undefined;
  const frame = shaped(RelayFrame, plain(value));
  if (frame.op !== "events") return frame;
  throw new WireError("usage", "expected a frame, got events"); // what arrivals() has taken
}

function arrivals(value: Json): ArrivalFrame {
  const given = isJsonObject(value) ? member(value, "events") : undefined;
  const items = isJsonArray(given) ? given : [];
  // The events themselves are left out of the conversion: 1.0 must not become 1.
  const events = items.map((item) => isJsonObject(item) ? member(item, "event") : undefined);
  const bare = items.map((item) => isJsonObject(item) ? { ...item, event: null } : item);
  const frame = shaped(EventsFrame, {
    op: "events",
    slot: isJsonObject(value) ? member(value, "slot") : undefined,
    events: plain(bare),
  });
  return {
    op: "events",
    slot: frame.slot,
    events: frame.events.map(({ seq }, at) => ({ seq, event: events[at] ?? null })),
  };
}

function shaped<Shape extends z.ZodType>(shape: Shape, value: unknown): z.output<Shape> {
  const result = shape.safeParse(value);
  if (result.success) return result.data;
  throw new WireError("usage", schemaProblem(result.error));
}

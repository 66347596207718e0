/**
 * Keys and rows of the durable store.
 *
 *     ["meta", "format"]                  1
 *     ["slot", id]                        token hash, time of creation
 *     ["head", id]                        next seq, bytes, retired, acked and dropped seqs; checked
 *                                         by every append
 *     ["marks", id]                       when its events came, roughly (marks.ts)
 *     ["seg", id, first seq, chunk]       part of a segment (packing.ts)
 *     ["intake", id]                      introductions whose bodies are there (intake.ts)
 *     ["intro", id, seq]                  body of an introduction
 *     ["health", id]                      responder health
 *     ["count", name]                     a counter
 */
import { z } from "zod";
import type { SlotId } from "../../protocol/ids.ts";
import type { Intro } from "./intake.ts";
import { damaged } from "./packing.ts";
import type { Counter } from "./slot_store.ts";

export const FORMAT = 1;

export const formatKey: Deno.KvKey = ["meta", "format"];
export const slotKey = (id: SlotId): Deno.KvKey => ["slot", id];
export const headKey = (id: SlotId): Deno.KvKey => ["head", id];
export const intakeKey = (id: SlotId): Deno.KvKey => ["intake", id];
export const introKey = (id: SlotId, seq: number): Deno.KvKey => ["intro", id, seq];
export const healthKey = (id: SlotId): Deno.KvKey => ["health", id];
/** Also counts slots: `slots` is never taken back. */
export const countKey = (name: Counter | "slots"): Deno.KvKey => ["count", name];
export const segmentKey = (id: SlotId, firstSeq: number, chunk: number): Deno.KvKey => [
  "seg",
  id,
  firstSeq,
  chunk,
];
/** Before every segment of this seq or a later one. */
export const segmentBound = (id: SlotId, seq: number): Deno.KvKey => ["seg", id, seq];

const SlotRow = z.object({
  token_hash: z.instanceof(Uint8Array).refine((hash) => hash.length === 32),
  created_at: z.number(),
  class: z.enum(["owner", "shared"]).default("shared"),
});
export type SlotRow = z.infer<typeof SlotRow>;

const HeadRow = z.object({
  next: z.int().min(1),
  bytes: z.int().min(0),
  retired: z.boolean().optional(),
  acked: z.int().min(0).optional(),
  dropped: z.int().min(0).optional(),
});
export type HeadRow = z.infer<typeof HeadRow>;

/** What a slot's log knows of its head, as a row. */
export const headRow = (log: {
  readonly next: number;
  readonly bytes: number;
  readonly isRetired: boolean;
  readonly acked: number;
  readonly dropped: number;
}): HeadRow => ({
  next: log.next,
  bytes: log.bytes,
  ...(log.isRetired ? { retired: true } : {}),
  ...(log.acked === 0 ? {} : { acked: log.acked }),
  ...(log.dropped === 0 ? {} : { dropped: log.dropped }),
});

const IntakeRow = z.array(z.object({
  seq: z.int().min(1),
  source: z.string(),
  at: z.number(),
}));

const HealthRow = z.object({
  status: z.string(),
  reason: z.string().optional(),
  last_success_at: z.string().optional(),
  set_at: z.string(),
});
export type HealthRow = z.infer<typeof HealthRow>;

/** @throws {WireError} unreadable */
export const readSlotRow = (value: unknown): SlotRow => checked(SlotRow, value, "a slot");
/** @throws {WireError} unreadable */
export const readHeadRow = (value: unknown): HeadRow => checked(HeadRow, value, "a slot's head");
/** @throws {WireError} unreadable */
export const readIntakeRow = (value: unknown): readonly Intro[] =>
  value === null ? [] : checked(IntakeRow, value, "a slot's introductions");
/** @throws {WireError} unreadable */
export const readHealthRow = (value: unknown): HealthRow =>
  checked(HealthRow, value, "a responder's health");

/** @throws {WireError} unreadable */
export function readSegmentKey(key: Deno.KvKey): { firstSeq: number; chunk: number } {
  const [, , firstSeq, chunk] = key;
  if (typeof firstSeq === "number" && typeof chunk === "number") return { firstSeq, chunk };
  throw damaged("a segment has a key of unknown form");
}

export function readCount(value: unknown): number {
  if (value === null) return 0;
  if (value instanceof Deno.KvU64) return Number(value.value);
  throw damaged("a counter is no number");
}

/** @throws {WireError} unreadable */
export function checked<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw damaged(`the record of ${what} is not one`);
}

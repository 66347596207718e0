/**
 * What a peer says of our messages, and we of the peer's: kind 1002, type `receipt`. Pure.
 * See docs/protocol/extensions.md §5.
 */
import { z } from "zod";
import type { WireEvent } from "../event/event.ts";
import { kindNumber } from "../event/kinds.ts";
import { type EventId, isEventId } from "../ids.ts";
import { type Json, type JsonObject, member, plain, stringMember } from "../json/value.ts";

export const RECEIPT_TYPE = "receipt";
export const RECEIPT_KIND = 1002;
/** Ids of one receipt, all its lists together. */
export const MOST_RECEIPTED = 256;
/** Of a reason that a peer gives, in UTF-16 units. */
export const LONGEST_REASON = 200;

export type ReceiptStep = "received" | "read" | "rejected";

/** One message, as a receipt speaks of it. */
export interface Receipted {
  readonly step: ReceiptStep;
  readonly eventId: EventId;
  /** Of a rejection. */
  readonly reason?: string;
}

/** Kinds that nobody gets a receipt for: heartbeats, cards, keys, moves. */
const WITHOUT_RECEIPT: ReadonlySet<number> = new Set([100, 1100, 1101, 1200, 1201]);

export const isReceipt = ({ value }: Pick<WireEvent, "value">): boolean =>
  stringMember(value, "type") === RECEIPT_TYPE &&
  kindNumber(member(value, "kind")) === RECEIPT_KIND;

/** Whether its sender is told what became of it; receipts are for messages, never for receipts. */
export const wantsReceipt = (event: Pick<WireEvent, "value">): boolean =>
  stringMember(event.value, "type") !== RECEIPT_TYPE &&
  !WITHOUT_RECEIPT.has(kindNumber(member(event.value, "kind")));

/** @param messages at most 256 */
export function receiptBody(messages: readonly Receipted[], at: string): JsonObject {
  const ids = (step: ReceiptStep) =>
    messages.filter((message) => message.step === step).map(({ eventId }) => eventId);
  const rejected = messages.filter(({ step }) => step === "rejected").map(
    ({ eventId: event_id, reason = "" }) => ({ event_id, reason: cut(reason) }),
  );
  const [received, read] = [ids("received"), ids("read")];
  return {
    ...(received.length === 0 ? {} : { received }),
    ...(read.length === 0 ? {} : { read }),
    ...(rejected.length === 0 ? {} : { rejected }),
    at,
  };
}

export interface ReceiptContent {
  readonly messages: readonly Receipted[];
  /** What the peer's clock said; "" when it does not say. */
  readonly at: string;
  /** Entries that are beyond the limit, or no ids. */
  readonly ignored: number;
}

const list = z.array(z.unknown()).catch([]);
const Body = z.looseObject({
  received: list,
  read: list,
  rejected: list,
  at: z.string().catch(""),
});
const Rejected = z.looseObject({ event_id: z.string(), reason: z.string().catch("") });

/** Whatever a peer sends, at most 256 messages come of it. */
export function readReceipt(body: Json | undefined): ReceiptContent {
  const parsed = Body.safeParse(body === undefined ? undefined : plain(body));
  if (!parsed.success) return { messages: [], at: "", ignored: 1 };
  const { received, read, rejected, at } = parsed.data;
  const all = [
    ...received.map((entry) => ({ step: "received", entry } as const)),
    ...read.map((entry) => ({ step: "read", entry } as const)),
    ...rejected.map((entry) => ({ step: "rejected", entry } as const)),
  ];
  const messages = all.slice(0, MOST_RECEIPTED).flatMap(({ step, entry }): Receipted[] => {
    if (step !== "rejected") return isEventId(entry) ? [{ step, eventId: entry }] : [];
    const { data } = Rejected.safeParse(entry);
    return data !== undefined && isEventId(data.event_id)
      ? [{ step, eventId: data.event_id, reason: cut(data.reason) }]
      : [];
  });
  return { messages, at: cut(at), ignored: all.length - messages.length };
}

const cut = (text: string): string => text.slice(0, LONGEST_REASON).toWellFormed();

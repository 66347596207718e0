/**
 * What may be posted and how it is answered, over HTTP and on the WebSocket alike:
 * docs/protocol/relay.md §5.3 and docs/protocol/extensions.md §1 and §2.
 */
import type { PostedEvent } from "../protocol/event/envelope.ts";
import { hashesTo } from "../protocol/event/event.ts";
import { utf8Length } from "../protocol/json/parse.ts";
import type { Grant } from "../store/slots/grant.ts";
import type { Appended, SlotStore } from "../store/slots/slot_store.ts";
import { type Bearer, retired, revoked } from "./auth.ts";
import { json, type RelayReply } from "./exchange.ts";
import type { RelayLimits } from "./options.ts";
import type { WithReceipt } from "./receipts.ts";
import { tooMany } from "./source_limiter.ts";

/** Clients paste ids into URLs unescaped. */
const ALLOWED_ID = /^[A-Za-z0-9._~-]{1,128}$/;
const HASH_ID = /^[0-9a-fA-F]{64}$/;

/** @returns what is wrong with the event before anything is looked up, or undefined */
export function refused(
  event: PostedEvent,
  limits: RelayLimits,
  grant: Grant | undefined,
): RelayReply | undefined {
  const { text } = event;
  if (isLonger(text, limits.maxEventBytes)) {
    return json(413, {
      error: `event exceeds ${limits.maxEventBytes / 1024} KiB`,
      max_bytes: limits.maxEventBytes,
    });
  }
  if (grant !== undefined && isLonger(text, grant.limits.maxEventBytes)) {
    return json(413, {
      error: "event exceeds the grant's limit",
      max_bytes: grant.limits.maxEventBytes,
    });
  }
  if (grant !== undefined && (event.id === undefined || !HASH_ID.test(event.id))) {
    return json(400, { error: "event_id missing" });
  }
  if (event.id === undefined) return undefined;
  if (!ALLOWED_ID.test(event.id)) return json(400, { error: "event_id not allowed" });
  // A forged id must not stand where the real event's would.
  if (HASH_ID.test(event.id) && !hashesTo(event, event.id)) {
    return json(400, { error: "event_id does not hash to the event" });
  }
  return undefined;
}

/** No text has more than three bytes a unit: most need no counting. */
const isLonger = (text: string, maxBytes: number): boolean =>
  text.length * 3 > maxBytes && utf8Length(text) > maxBytes;

/**
 * Whether the owner has said that it was read: told to grants only, whose mailbox has one reader.
 * @returns members of the answer
 */
export async function fetchedOf(
  store: Pick<SlotStore, "acked">,
  { slot, grant }: Bearer,
  appended: Appended,
): Promise<{ readonly fetched?: boolean }> {
  if (grant === undefined) return {};
  if (appended.status === "stored") return { fetched: false };
  if (appended.status !== "duplicate") return {};
  return { fetched: appended.seq <= await store.acked(slot.id) };
}

export interface ReplyDetails extends WithReceipt {
  readonly limits: RelayLimits;
  /** Until the grant has room in its hour, for one that was refused. */
  readonly waitMs: number;
  readonly fetched?: boolean;
}

export function replyTo(
  appended: Appended,
  eventId: string | undefined,
  { limits, waitMs, ...details }: ReplyDetails,
): RelayReply {
  switch (appended.status) {
    case "stored":
      return json(201, { event_id: eventId ?? null, ...details, status: "stored" });
    case "duplicate":
      return json(200, {
        digest: appended.digest,
        event_id: eventId ?? null,
        ...details,
        status: "duplicate",
      });
    case "full":
      return json(413, {
        error: "slot quota exceeded",
        remediation: "operator should `wire rotate-slot` to drain old slot",
        slot_bytes_max: limits.maxSlotBytes,
        slot_bytes_used: appended.bytesUsed,
        ...(appended.ids === undefined ? {} : { slot_ids_used: appended.ids }),
      });
    case "grant_full":
      return json(413, {
        bytes_used: appended.bytesUsed,
        error: "grant quota exceeded",
        max_bytes: appended.maxBytes,
      });
    case "revoked":
      return revoked();
    case "retired":
      return retired();
    case "refused":
      return tooMany(waitMs);
  }
}

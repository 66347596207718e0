import type { PostedEvent } from "../../protocol/event/envelope.ts";
import { hashesTo } from "../../protocol/event/event.ts";
import { utf8Length } from "../../protocol/json/parse.ts";
import type { Appended } from "../../store/slots/slot_store.ts";
import { json, type RelayReply } from "../exchange.ts";
import type { RelayLimits } from "../options.ts";
import { eventBody, noQuery, repeatedInEvent } from "../read.ts";
import { type Route, slotRoute } from "../route.ts";

/** Clients paste ids into URLs unescaped. */
const ALLOWED_ID = /^[A-Za-z0-9._~-]{1,128}$/;
const HASH_ID = /^[0-9a-fA-F]{64}$/;

/**
 * docs/protocol/relay.md §5.3 and docs/protocol/extensions.md §1. Order: size, id, duplicate, room
 * in the slot; the store decides the last two in one step.
 */
export const postEvent: Route = slotRoute({
  method: "POST",
  path: "/v1/events/:slot_id",
  query: noQuery,
  body: eventBody,
  async run({ store, hub, limits }, { slot, body }) {
    if (body === "repeated_member") return repeatedInEvent();
    const refusal = refused(body, limits);
    if (refusal !== undefined) return refusal;
    const appended = await store.append(slot.id, { text: body.text, id: body.id });
    if (appended.status === "stored") hub.publish(slot.id, body.text);
    return replyTo(appended, body.id, limits);
  },
});

function refused(event: PostedEvent, limits: RelayLimits): RelayReply | undefined {
  const { text } = event;
  // No text has more than three bytes a unit: most need no counting.
  if (text.length * 3 > limits.maxEventBytes && utf8Length(text) > limits.maxEventBytes) {
    return json(413, {
      error: `event exceeds ${limits.maxEventBytes / 1024} KiB`,
      max_bytes: limits.maxEventBytes,
    });
  }
  if (event.id === undefined) return undefined;
  if (!ALLOWED_ID.test(event.id)) return json(400, { error: "event_id not allowed" });
  // A forged id must not stand where the real event's would.
  if (HASH_ID.test(event.id) && !hashesTo(event, event.id)) {
    return json(400, { error: "event_id does not hash to the event" });
  }
  return undefined;
}

function replyTo(
  appended: Appended,
  eventId: string | undefined,
  limits: RelayLimits,
): RelayReply {
  switch (appended.status) {
    case "stored":
      return json(201, { event_id: eventId ?? null, status: "stored" });
    case "duplicate":
      return json(200, {
        digest: appended.digest,
        event_id: eventId ?? null,
        status: "duplicate",
      });
    case "full":
      return json(413, {
        error: "slot quota exceeded",
        remediation: "operator should `wire rotate-slot` to drain old slot",
        slot_bytes_max: limits.maxSlotBytes,
        slot_bytes_used: appended.bytesUsed,
      });
  }
}

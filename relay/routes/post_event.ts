import { RECEIPT_HEADER } from "../../protocol/receipt.ts";
import { fetchedOf, refused, replyTo } from "../posting.ts";
import { eventBody, noQuery, repeatedInEvent } from "../read.ts";
import { withReceipt } from "../receipts.ts";
import { posterRoute, type Route } from "../route.ts";
import { tooMany } from "../source_limiter.ts";

/**
 * docs/protocol/relay.md §5.3 and docs/protocol/extensions.md §1 and §2. Order: size, id, requests
 * of the grant, duplicate, its events an hour, its bytes, room in the slot; the store decides from
 * duplicate on in one step.
 */
export const postEvent: Route = posterRoute({
  method: "POST",
  path: "/v1/events/:slot_id",
  query: noQuery,
  body: eventBody,
  async run(context, { slot, grant, body, request }) {
    const { store, clock, limits, grantLimiter, metrics, receipts } = context;
    if (body === "repeated_member") return repeatedInEvent();
    const refusal = refused(body, limits, grant);
    if (refusal !== undefined) return refusal;
    let waitMs = grant === undefined ? 0 : grantLimiter.takeRequest(grant);
    if (waitMs > 0) return tooMany(waitMs);
    const event = { text: body.text, id: body.id };
    const appended = grant === undefined ? await store.append(slot.id, event) : await store.append(
      slot.id,
      event,
      {
        grant: { id: grant.id, at: clock.now() },
        admit: () => (waitMs = grantLimiter.takeEvent(grant)) === 0,
      },
    );
    metrics.arrived("http", appended.status);
    const fetched = await fetchedOf(store, { slot, grant }, appended);
    const asked = request.header(RECEIPT_HEADER);
    if (asked === undefined) return replyTo(appended, body.id, { limits, waitMs, ...fetched });
    const sign = await receipts.signer(asked, slot.id);
    const receipt = withReceipt(sign?.(event, appended));
    return replyTo(appended, body.id, { limits, waitMs, ...fetched, ...receipt });
  },
});

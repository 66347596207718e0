import { json } from "../exchange.ts";
import { noBody, noQuery } from "../read.ts";
import { type Route, slotRoute } from "../route.ts";

/**
 * docs/protocol/relay.md §5.7. Never an immediate clean end when there is no room: old clients would
 * come back at once, without any delay.
 */
export const streamEvents: Route = slotRoute({
  method: "GET",
  path: "/v1/events/:slot_id/stream",
  query: noQuery,
  body: noBody,
  async run({ store, streams, limits }, { slot }) {
    const stream = streams.open(slot.id, await store.head(slot.id));
    if (stream === undefined) {
      return json(503, {
        error: `too many open lines on that slot — max ${limits.maxStreamsPerSlot} subscribers`,
      }, { "retry-after": "30" });
    }
    return {
      status: 200,
      headers: { "content-type": "text/event-stream", "cache-control": "no-cache" },
      body: stream,
    };
  },
});

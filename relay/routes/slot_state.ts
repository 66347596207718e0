import type { SlotState } from "../../protocol/schemas/relay_api.ts";
import { json } from "../exchange.ts";
import { noBody, noQuery } from "../read.ts";
import { posterRoute, type Route } from "../route.ts";

/**
 * docs/protocol/relay.md §5.5. A grant counts only what came under it (docs/protocol/extensions.md §2);
 * when the mailbox was last read it sees as before: by that every client tells whether somebody
 * picks up, and null would say that nobody ever did.
 */
export const slotState: Route = posterRoute({
  method: "GET",
  path: "/v1/slot/:slot_id/state",
  query: noQuery,
  body: noBody,
  async run({ store, lastPulls }, { slot, grant }) {
    const health = await store.health(slot.id);
    return json(
      200,
      {
        event_count: grant?.events ?? (await store.totals(slot.id)).events,
        last_pull_at_unix: lastPulls.get(slot.id) ?? null,
        responder_health: health === undefined ? null : { ...health },
        slot_id: slot.id,
      } satisfies SlotState,
    );
  },
});

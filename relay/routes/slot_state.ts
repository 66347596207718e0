import type { SlotState } from "../../protocol/schemas/relay_api.ts";
import { json } from "../exchange.ts";
import { noBody, noQuery } from "../read.ts";
import { posterRoute, type Route } from "../route.ts";

/**
 * docs/protocol/relay.md §5.5. A grant sees what came under it and how the owner's responder is, not
 * the owner's traffic (docs/protocol/extensions.md §2).
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
        last_pull_at_unix: grant === undefined ? lastPulls.get(slot.id) ?? null : null,
        responder_health: health === undefined ? null : { ...health },
        slot_id: slot.id,
      } satisfies SlotState,
    );
  },
});

import type { SlotState } from "../../protocol/schemas/relay_api.ts";
import { json } from "../exchange.ts";
import { noBody, noQuery } from "../read.ts";
import { type Route, slotRoute } from "../route.ts";

/** docs/protocol/relay.md §5.5. */
export const slotState: Route = slotRoute({
  method: "GET",
  path: "/v1/slot/:slot_id/state",
  query: noQuery,
  body: noBody,
  async run({ store, lastPulls }, { slot }) {
    const [totals, health] = await Promise.all([store.totals(slot.id), store.health(slot.id)]);
    return json(
      200,
      {
        event_count: totals.events,
        last_pull_at_unix: lastPulls.get(slot.id) ?? null,
        responder_health: health === undefined ? null : { ...health },
        slot_id: slot.id,
      } satisfies SlotState,
    );
  },
});

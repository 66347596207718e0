import { ResponderHealthRequest } from "../../protocol/schemas/relay_api.ts";
import { utf8Length } from "../../protocol/json/parse.ts";
import type { ResponderHealth } from "../../store/slots/slot_store.ts";
import { json } from "../exchange.ts";
import { jsonBody, noQuery } from "../read.ts";
import { type Route, slotRoute } from "../route.ts";

const posted = jsonBody(ResponderHealthRequest);

/** docs/protocol/relay.md §5.6: the record replaces the one before, unknown members are dropped. */
export const responderHealth: Route = slotRoute({
  method: "POST",
  path: "/v1/slot/:slot_id/responder-health",
  query: noQuery,
  body: posted,
  async run({ store, limits }, { slot, body }) {
    const { status, reason, last_success_at, set_at } = body;
    // The order of members is the reference's.
    const record: ResponderHealth = {
      status,
      ...(typeof reason === "string" ? { reason } : {}),
      ...(typeof last_success_at === "string" ? { last_success_at } : {}),
      set_at,
    };
    if (utf8Length(JSON.stringify(record)) > limits.maxHealthBytes) {
      return json(413, {
        error: "responder health too large",
        max_bytes: limits.maxHealthBytes,
      });
    }
    await store.setHealth(slot.id, record);
    return json(200, record);
  },
});

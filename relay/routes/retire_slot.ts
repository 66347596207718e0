import type { RetireReply } from "../../protocol/schemas/relay_api.ts";
import { json } from "../exchange.ts";
import { noBody, noQuery } from "../read.ts";
import { ownerRoute, type Route } from "../route.ts";

/**
 * docs/protocol/extensions.md §2: closes a mailbox for good. From then on tokens that were valid are
 * answered 410, this route's too: that counts as done.
 */
export const retireSlot: Route = ownerRoute({
  method: "DELETE",
  path: "/v1/slot/:slot_id",
  query: noQuery,
  body: noBody,
  async run({ store, hub }, { slot }) {
    await store.retire(slot.id);
    hub.retire(slot.id);
    return json(200, { slot_id: slot.id, status: "retired" } satisfies RetireReply);
  },
});

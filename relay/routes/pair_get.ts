import type { PairGetReply } from "../../protocol/schemas/relay_api.ts";
import { json } from "../exchange.ts";
import { isRole } from "../pair_slots.ts";
import { noBody, roleQuery } from "../read.ts";
import { publicRoute, type Route } from "../route.ts";

/** docs/protocol/relay.md §5.8: what the other side has left. Reading is not consuming. */
export const pairGet: Route = publicRoute({
  method: "GET",
  path: "/v1/pair/:pair_id",
  query: roleQuery,
  body: noBody,
  async run({ pairs }, { params, query: role }) {
    const id = params["pair_id"] ?? "";
    if (!await pairs.exists(id)) return json(404, { error: "unknown pair_id" });
    if (!isRole(role)) return json(400, { error: "as_role must be 'host' or 'guest'" });
    const peer = await pairs.peerOf(id, role);
    return json(
      200,
      {
        peer_bootstrap: peer?.bootstrap ?? null,
        peer_msg: peer?.message ?? null,
      } satisfies PairGetReply,
    );
  },
});

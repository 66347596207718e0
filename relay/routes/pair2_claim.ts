import { Pair2ClaimRequest, type Pair2Seat } from "../../protocol/schemas/pair2_api.ts";
import { json, type RelayReply } from "../exchange.ts";
import type { Seat } from "../pair2_slots.ts";
import { jsonBody, noQuery } from "../read.ts";
import { publicRoute, type Route } from "../route.ts";
import { tooMany } from "../source_limiter.ts";

const posted = jsonBody(Pair2ClaimRequest);

/** docs/protocol/extensions.md §10: a host asks for a nameplate; the same claim, the same answer. */
export const pair2Host: Route = publicRoute({
  method: "POST",
  path: "/v1/pair2",
  isCreating: true,
  query: noQuery,
  body: posted,
  async run({ pairs2 }, { body: { claim } }) {
    const claimed = await pairs2.claimHost(claim);
    if (claimed.tag === "full") return json(503, { error: "relay pair-slot capacity reached" });
    return seated(claimed.seat);
  },
});

/** docs/protocol/extensions.md §10: a guest comes to a nameplate; it has a limit of its own. */
export const pair2Guest: Route = publicRoute({
  method: "POST",
  path: "/v1/pair2/:place",
  query: noQuery,
  body: posted,
  async run({ pairs2 }, { params, source, body: { claim } }) {
    const claimed = await pairs2.claimGuest(params["place"] ?? "", claim, source);
    switch (claimed.tag) {
      case "limited":
        return tooMany(claimed.waitMs);
      case "unknown":
        return json(404, { error: "unknown code" });
      case "taken":
        return json(409, { error: "this code is already in use by two sides" });
      case "seated":
        return seated(claimed.seat);
    }
  },
});

export const seated = ({ expiresAt, nameplate, pairId, side, token }: Seat): RelayReply =>
  json(
    201,
    {
      expires_at: expiresAt,
      nameplate,
      pair_id: pairId,
      side,
      side_token: token,
    } satisfies Pair2Seat,
  );

import { PairBootstrapRequest } from "../../protocol/schemas/relay_api.ts";
import { utf8Length } from "../../protocol/json/parse.ts";
import { json } from "../exchange.ts";
import { isRole } from "../pair_slots.ts";
import { jsonBody, noQuery } from "../read.ts";
import { publicRoute, type Route } from "../route.ts";

const posted = jsonBody(PairBootstrapRequest);

/** docs/protocol/relay.md §5.8: identical repeats are fine, a second different one is not. */
export const pairBootstrap: Route = publicRoute({
  method: "POST",
  path: "/v1/pair/:pair_id/bootstrap",
  isCreating: true,
  query: noQuery,
  body: posted,
  async run({ pairs, limits }, { params, body: { role, sealed } }) {
    const id = params["pair_id"] ?? "";
    if (!await pairs.exists(id)) return json(404, { error: "unknown pair_id" });
    if (!isRole(role)) return json(400, { error: "role must be 'host' or 'guest'" });
    const max = limits.maxPairSealedBytes;
    if (utf8Length(sealed) > max) {
      return json(413, { error: `sealed bootstrap exceeds ${max / 1024} KiB`, max_bytes: max });
    }
    switch (await pairs.putBootstrap(id, role, sealed)) {
      case "stored":
        return json(201, { ok: true });
      case "differs":
        return json(409, { error: `${role} already sent another bootstrap` });
      case "full":
        return json(503, { error: "relay pair-slot capacity reached" });
      case "unknown":
        return json(404, { error: "unknown pair_id" });
    }
  },
});

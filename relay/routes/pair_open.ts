import { PairOpenRequest } from "../../protocol/schemas/relay_api.ts";
import { utf8Length } from "../../protocol/json/parse.ts";
import { json } from "../exchange.ts";
import { isRole } from "../pair_slots.ts";
import { jsonBody, noQuery } from "../read.ts";
import { publicRoute, type Route } from "../route.ts";

const posted = jsonBody(PairOpenRequest);

/** docs/protocol/relay.md §5.8; a repeated message is 201 (docs/protocol/extensions.md §14.13). */
export const pairOpen: Route = publicRoute({
  method: "POST",
  path: "/v1/pair",
  isCreating: true,
  query: noQuery,
  body: posted,
  async run({ store, pairs, limits }, { body: { code_hash, msg, role } }) {
    if (!isRole(role)) return json(400, { error: "role must be 'host' or 'guest'" });
    const max = limits.maxPairMessageBytes;
    if (utf8Length(msg) > max || utf8Length(code_hash) > max) {
      return json(413, { error: `pair message exceeds ${max / 1024} KiB`, max_bytes: max });
    }
    const opened = await pairs.open(code_hash, role, msg);
    switch (opened.tag) {
      case "taken":
        return json(409, { error: `${role} already registered for this code` });
      case "full":
        return json(503, { error: "relay pair-slot capacity reached" });
      case "opened":
        if (opened.isNew) store.count("pair_opens_total");
        return json(201, { pair_id: opened.id });
    }
  },
});

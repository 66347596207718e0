import { PairAbandonRequest } from "../../protocol/schemas/relay_api.ts";
import { empty } from "../exchange.ts";
import { jsonBody, noQuery } from "../read.ts";
import { publicRoute, type Route } from "../route.ts";

const posted = jsonBody(PairAbandonRequest);

/** docs/protocol/relay.md §5.8: knowing the hash is the only credential; idempotent. */
export const pairAbandon: Route = publicRoute({
  method: "POST",
  path: "/v1/pair/abandon",
  isCreating: true,
  query: noQuery,
  body: posted,
  async run({ pairs }, { body }) {
    await pairs.abandon(body.code_hash);
    return empty(204);
  },
});

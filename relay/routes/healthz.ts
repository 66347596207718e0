import { FEATURES } from "../features.ts";
import { plainText } from "../exchange.ts";
import { noBody, noQuery } from "../read.ts";
import { publicRoute, type Route } from "../route.ts";

/** docs/protocol/relay.md §5.1; the header announces features (docs/protocol/extensions.md). */
export const healthz: Route = publicRoute({
  method: "GET",
  path: "/healthz",
  query: noQuery,
  body: noBody,
  run: () => plainText(200, "ok\n", { "wire-relay": `features="${FEATURES.join(" ")}"` }),
});

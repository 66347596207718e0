import { noBody, noQuery } from "../read.ts";
import { readyReply } from "../ready_reply.ts";
import { publicRoute, type Route } from "../route.ts";

/** For proxies and supervisors: whether to send requests here. `/healthz` only says that it runs. */
export const readyz: Route = publicRoute({
  method: "GET",
  path: "/readyz",
  query: noQuery,
  body: noBody,
  run: ({ readiness }) => readyReply(readiness),
});

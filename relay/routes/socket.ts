import { notOffered } from "../ws/sockets.ts";
import { noBody, noQuery } from "../read.ts";
import { publicRoute, type Route } from "../route.ts";

/** docs/protocol/extensions.md §3: what asks for a WebSocket never comes here. */
export const socket: Route = publicRoute({
  method: "GET",
  path: "/v1/ws",
  query: noQuery,
  body: noBody,
  run: () => notOffered(),
});

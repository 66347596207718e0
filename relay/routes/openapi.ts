import { json } from "../exchange.ts";
import { noBody, noQuery } from "../read.ts";
import { publicRoute, type Route } from "../route.ts";

/** The routes of this relay as an OpenAPI document, made when it is first asked for. */
export const openApi: Route = publicRoute({
  method: "GET",
  path: "/openapi.json",
  query: noQuery,
  body: noBody,
  async run({ routes }) {
    const { openApiDocument } = await import("../api/document.ts");
    let text = made.get(routes);
    if (text === undefined) made.set(routes, text = JSON.stringify(openApiDocument(routes)));
    return { ...json(200, {}, { "cache-control": "public, max-age=300" }), body: text };
  },
});

const made = new WeakMap<readonly Route[], string>();

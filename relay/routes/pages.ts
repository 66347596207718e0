/** docs/protocol/relay.md §5.16: pages for people, made by the server, without a script. */
import { noBody, noQuery } from "../read.ts";
import { FAVICON } from "../pages/mark.ts";
import { landingPage } from "../pages/landing.ts";
import { phonebookPage } from "../pages/phonebook_page.ts";
import { publicRoute, type Route } from "../route.ts";
import { phonebookQuery } from "./handles.ts";

export const landing: Route = publicRoute({
  method: "GET",
  path: "/",
  query: noQuery,
  body: noBody,
  run: (context, { request }) => landingPage(context, request),
});

const phonebookAt = (path: string): Route =>
  publicRoute({
    method: "GET",
    path,
    query: phonebookQuery,
    body: noBody,
    async run({ directory }, { query, request }) {
      // An empty field of the form asks for everybody.
      const asked = query.vibe === "" ? { ...query, vibe: undefined } : query;
      return phonebookPage(await directory.phonebook(asked), asked, request);
    },
  });

export const phonebook: Route = phonebookAt("/phonebook");
export const phonebookHtml: Route = phonebookAt("/phonebook.html");

export const favicon: Route = publicRoute({
  method: "GET",
  path: "/favicon.svg",
  query: noQuery,
  body: noBody,
  run: () => ({
    status: 200,
    headers: {
      "content-type": "image/svg+xml",
      "cache-control": "public, max-age=86400",
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
      "x-content-type-options": "nosniff",
    },
    body: FAVICON,
  }),
});

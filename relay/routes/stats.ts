/** docs/protocol/relay.md §5.15: what the relay counts, as JSON. */
import { HISTORY_HOURS } from "../../store/stats/history.ts";
import { exactJson } from "../directory_replies.ts";
import { json } from "../exchange.ts";
import { statsPage } from "../pages/stats_page.ts";
import { wantsHtml } from "../pages/reply.ts";
import { hoursQuery, noBody } from "../read.ts";
import { publicRoute, type Route } from "../route.ts";

/** As HTML for a browser, else as JSON. */
export const stats: Route = publicRoute({
  method: "GET",
  path: "/stats",
  query: hoursQuery,
  body: noBody,
  async run(context, { query: hours, request }) {
    const reply = wantsHtml(request)
      ? await statsPage(context, hours)
      : json(200, await context.stats.now());
    return { ...reply, headers: { ...reply.headers, vary: "accept" } };
  },
});

export const statsJson: Route = publicRoute({
  method: "GET",
  path: "/stats.json",
  query: () => ({ ok: true, value: undefined }),
  body: noBody,
  run: async (context) => json(200, await context.stats.now()),
});

export const statsHtml: Route = publicRoute({
  method: "GET",
  path: "/stats.html",
  query: hoursQuery,
  body: noBody,
  run: (context, { query: hours }) => statsPage(context, hours),
});

/** At most a week back. */
export const statsHistory: Route = publicRoute({
  method: "GET",
  path: "/stats.history",
  query: hoursQuery,
  body: noBody,
  async run({ stats, clock }, { query: asked }) {
    const hours = Math.min(asked, HISTORY_HOURS);
    const entries = await stats.lastHours(hours);
    const now_unix = Math.floor(clock.now() / 1000);
    return exactJson({ count: entries.length, entries: [...entries], hours, now_unix });
  },
});

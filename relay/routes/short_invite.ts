import { plainText, type RelayReply, type RelayRequest } from "../exchange.ts";
import { inviteScript } from "../invite_script.ts";
import { originOf } from "../origin.ts";
import { invitePage, invitePageGone } from "../pages/invite_page.ts";
import { wantsHtml } from "../pages/reply.ts";
import { noBody, type Read } from "../read.ts";
import { publicRoute, type Route } from "../route.ts";

/** 0.5.19's relay gives 6 digits, newer ones and ours 16. */
const TOKEN = /^(?:[0-9a-f]{6}|[0-9a-f]{16})$/;
const HEADERS = { "cache-control": "private, no-store, max-age=0", vary: "accept" };

const formatQuery = (query: URLSearchParams): Read<string | null> => ({
  ok: true,
  value: query.get("format"),
});

/**
 * docs/protocol/relay.md §5.14. Limited per source, because whoever guesses a token has the invite;
 * looking at its head, or at the page that a browser gets, is not one of its uses.
 */
export const shortInvite: Route = publicRoute({
  method: "GET",
  path: "/i/:token",
  isCreating: true,
  query: formatQuery,
  body: noBody,
  async run({ directory, clock }, { params, query: format, request }) {
    const token = params["token"] ?? "";
    const isPage = format !== "url" && wantsHtml(request);
    if (!TOKEN.test(token)) return gone("unknown", isPage);
    const read = await directory.readInvite(token, {
      nowUnix: Math.floor(clock.now() / 1000),
      isUse: format !== "url" && !isPage && request.method !== "HEAD",
    });
    if (read.status !== "found") return gone(read.status, isPage);
    if (format === "url") return plainText(200, read.url, HEADERS);
    if (!isPage) return script(read.url, request);
    const page = await invitePage(read.url, token, request);
    return { ...page, headers: { ...page.headers, vary: "accept" } };
  },
});

const GONE = {
  unknown: plainText(404, "not found\n"),
  expired: plainText(410, "this invite has expired\n"),
  used_up: plainText(410, "this invite has been used up\n"),
};

const gone = (why: keyof typeof GONE, isPage: boolean): RelayReply =>
  isPage ? invitePageGone(why) : GONE[why];

const script = (url: string, request: RelayRequest): RelayReply => ({
  status: 200,
  headers: { "content-type": "text/x-shellscript; charset=utf-8", ...HEADERS },
  body: inviteScript(url, originOf(request)),
});

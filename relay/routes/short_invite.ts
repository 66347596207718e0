import { plainText, type RelayReply, type RelayRequest } from "../exchange.ts";
import { inviteScript } from "../invite_script.ts";
import { noBody, type Read } from "../read.ts";
import { publicRoute, type Route } from "../route.ts";

/** 0.5.19's relay gives 6 digits, newer ones and ours 16. */
const TOKEN = /^(?:[0-9a-f]{6}|[0-9a-f]{16})$/;
const NO_STORE = { "cache-control": "private, no-store, max-age=0" };
/** A host and perhaps a port; nothing else goes into a script. */
const HOST = /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/;

const formatQuery = (query: URLSearchParams): Read<string | null> => ({
  ok: true,
  value: query.get("format"),
});

/**
 * docs/protocol/relay.md §5.14. Limited per source, because whoever guesses a token has the invite;
 * looking at its head is not one of its uses.
 */
export const shortInvite: Route = publicRoute({
  method: "GET",
  path: "/i/:token",
  isCreating: true,
  query: formatQuery,
  body: noBody,
  async run({ directory, clock }, { params, query: format, request }) {
    const token = params["token"] ?? "";
    if (!TOKEN.test(token)) return notFound;
    const read = await directory.readInvite(token, {
      nowUnix: Math.floor(clock.now() / 1000),
      isUse: format !== "url" && request.method !== "HEAD",
    });
    switch (read.status) {
      case "unknown":
        return notFound;
      case "expired":
        return plainText(410, "this invite has expired\n");
      case "used_up":
        return plainText(410, "this invite has been used up\n");
      case "found":
        return format === "url" ? plainText(200, read.url, NO_STORE) : script(read.url, request);
    }
  },
});

const notFound = plainText(404, "not found\n");

const script = (url: string, request: RelayRequest): RelayReply => ({
  status: 200,
  headers: { "content-type": "text/x-shellscript; charset=utf-8", ...NO_STORE },
  body: inviteScript(url, originOf(request)),
});

/** Where the client says that it is: what it gets is for itself alone, and never stored. */
function originOf(request: RelayRequest): string | undefined {
  const host = request.header("host") ?? "";
  const isTls = request.header("x-forwarded-proto") === "https";
  return HOST.test(host) ? `${isTls ? "https" : "http"}://${host}` : undefined;
}

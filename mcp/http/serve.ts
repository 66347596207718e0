/**
 * `wire mcp --http`: any number of clients over Streamable HTTP on loopback, of the dated revisions
 * and of the stateless one. See docs/mcp.md.
 */
import { createMcpHandler, isLegacyRequest } from "@modelcontextprotocol/server";
import { WireError } from "../../protocol/errors.ts";
import { quote } from "../../protocol/json/quote.ts";
import type { McpHost } from "../host.ts";
import { urisOf } from "../resources/serve.ts";
import { serverFor } from "../server.ts";
import { MAX_MESSAGE_BYTES } from "../stdio_transport.ts";
import { PATH, refusal } from "./gate.ts";
import { type Handler, LIMITS, type Limits, listen } from "./node_server.ts";
import { HttpSessions } from "./sessions.ts";
import { bearerToken } from "./token.ts";

export interface HttpOptions {
  /** `127.0.0.1:PORT` or `[::1]:PORT`; port 0 takes a free one. */
  readonly bind: string;
  readonly origins: readonly string[];
  readonly limits?: Limits;
}

export interface HttpFace extends AsyncDisposable {
  readonly url: string;
  readonly tokenFile: string;
}

/** @throws {WireError} usage; internal, if the address cannot be bound; unreadable, write_failed */
export async function serveOverHttp(
  host: McpHost,
  { bind, origins, limits = LIMITS }: HttpOptions,
): Promise<HttpFace> {
  const place = loopback(bind);
  const { token, path } = await bearerToken((await host.context()).home);
  await host.changes.start();
  const sessions = new HttpSessions(host);
  const { log } = host.platform;
  const modern = createMcpHandler(({ era }) => serverFor(host, { era, hears: false }), {
    legacy: "reject",
    maxRequestBodySize: MAX_MESSAGE_BYTES,
    onerror: ({ message }) => log.debug("mcp", { problem: message }),
  });
  const deaf = host.changes.listen((change) => {
    if (change.tag === "peers") modern.notify.resourcesChanged();
    for (const uri of urisOf(change)) modern.notify.resourceUpdated(uri);
  });
  const handler = (port: number): Handler => ({
    refuse: (head) => refusal(head, { port, token, origins }),
    async answer(head, body) {
      const { url, method, headers, signal } = head;
      const hasBody = method === "POST";
      const request = new Request(url, { method, headers, signal, ...(hasBody ? { body } : {}) });
      if (!await isLegacyRequest(request)) return await modern.fetch(request);
      return await sessions.answer(request, hasBody ? body : undefined);
    },
  });
  const listening = await listen(place, {
    handler,
    maxBodyBytes: MAX_MESSAGE_BYTES,
    log,
    limits,
  });
  const name = place.host.includes(":") ? `[${place.host}]` : place.host;
  return {
    url: `http://${name}:${listening.port}${PATH}`,
    tokenFile: path,
    async [Symbol.asyncDispose]() {
      deaf();
      await Promise.all([sessions.close(), modern.close()]);
      await listening.close();
    },
  };
}

/** Elsewhere the token would travel in the clear, and strangers could try. */
function loopback(bind: string): { readonly host: string; readonly port: number } {
  const [, v6, v4, port] = /^(?:\[(::1)\]|(127\.0\.0\.1|localhost)):(\d{1,5})$/.exec(bind) ?? [];
  const host = v6 ?? v4;
  if (host === undefined || Number(port) > 65_535) {
    throw new WireError(
      "usage",
      `Cannot listen on ${quote(bind)}: expected 127.0.0.1:PORT or [::1]:PORT`,
    );
  }
  return { host: host === "localhost" ? "127.0.0.1" : host, port: Number(port) };
}

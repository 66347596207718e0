/**
 * Who may ask at all: a request that names this listener, from no web page, with the token. A page in
 * the user's browser must not reach it by a host name of its own (docs/protocol/extensions.md §3).
 */
import { isBearer } from "./token.ts";

export const PATH = "/mcp";

export interface GateRules {
  readonly port: number;
  readonly token: string;
  /** Web pages that may ask; none unless the operator names them. */
  readonly origins: readonly string[];
}

/** @returns the refusal, or undefined for a request that may go on. Reads no body. */
export function refusal(
  { url, headers }: { readonly url: string; readonly headers: Headers },
  { port, token, origins }: GateRules,
): Response | undefined {
  const host = (headers.get("host") ?? "").toLowerCase();
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`];
  if (!hosts.includes(host)) return text(421, "Misdirected request: not a name of this listener");
  const origin = headers.get("origin");
  if (origin !== null && !origins.includes(origin)) {
    return text(403, "Origin not allowed: start wire mcp with --allow-origin ORIGIN");
  }
  if (!isBearer(headers.get("authorization"), token)) {
    return text(401, "Unauthorized: send the token of wire mcp as a bearer token", {
      "www-authenticate": 'Bearer realm="wire mcp"',
    });
  }
  return new URL(url).pathname === PATH ? undefined : text(404, `Not found: the path is ${PATH}`);
}

export const text = (
  status: number,
  body: string,
  headers: Record<string, string> = {},
): Response =>
  new Response(`${body}\n`, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", ...headers },
  });

/** A connection through an HTTP proxy, by CONNECT. See RFC 9110 §9.3.6. */
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Duplex } from "node:stream";
import type { Proxy } from "./proxy.ts";

export interface Tunnel {
  readonly proxy: Proxy;
  /** `host:port`, a host of IPv6 in brackets. */
  readonly authority: string;
  /** Roots to verify a proxy with that is spoken to over TLS. */
  readonly certificates: readonly string[];
  readonly signal: AbortSignal;
}

/** @throws the connection's error, the signal's reason, or what the proxy answered instead */
export function openTunnel({ proxy, authority, certificates, signal }: Tunnel): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const start = proxy.isTls ? httpsRequest : httpRequest;
  const outgoing = start({
    host: proxy.host,
    port: proxy.port,
    method: "CONNECT",
    path: authority,
    headers: {
      host: authority,
      ...(proxy.authorization === undefined ? {} : { "proxy-authorization": proxy.authorization }),
    },
    ...(proxy.isTls ? { ca: [...certificates] } : {}),
    agent: false,
    signal,
  });
  const refused = (status: number | undefined): Error =>
    new Error(`the proxy ${proxy.host}:${proxy.port} answered CONNECT with ${status ?? "nothing"}`);
  outgoing.on("connect", (response, socket: Duplex) => {
    if (response.statusCode === 200) return resolve(socket);
    socket.destroy();
    reject(refused(response.statusCode));
  });
  outgoing.on("response", (response) => {
    response.destroy();
    reject(refused(response.statusCode));
  });
  outgoing.on("error", reject);
  outgoing.end();
  return promise;
}

/** Where a client says that this relay is: what it gets is for itself alone, and never stored. */
import type { RelayRequest } from "./exchange.ts";

/** A host and perhaps a port; nothing else goes into a script or a page. */
const HOST = /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/;

/** `host` or `host:port`. */
export function hostOf(request: RelayRequest): string | undefined {
  const host = request.header("host") ?? "";
  return HOST.test(host) ? host : undefined;
}

/** `http(s)://host[:port]`. */
export function originOf(request: RelayRequest): string | undefined {
  const host = hostOf(request);
  const isTls = request.header("x-forwarded-proto") === "https";
  return host === undefined ? undefined : `${isTls ? "https" : "http"}://${host}`;
}

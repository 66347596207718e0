/**
 * A relay on loopback answers only requests that name it: a web page in the user's browser must not
 * reach it through a host name of its own. See docs/protocol/extensions.md §3, "Loopback".
 */
import { plainText, type RelayReply, type RelayRequest } from "./exchange.ts";

export interface HostRules {
  /** `host:port` values, and hosts that go with any port; in lower case. */
  readonly hosts: ReadonlySet<string>;
  readonly origins: ReadonlySet<string>;
}

export interface LoopbackPlace {
  /** As bound: an address or `localhost`, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  readonly allowHosts: readonly string[];
  readonly allowOrigins: readonly string[];
}

export function loopbackRules({ host, port, allowHosts, allowOrigins }: LoopbackPlace): HostRules {
  const bound = host.includes(":") ? `[${host}]` : host;
  const hosts = new Set(allowHosts.map((name) => name.toLowerCase()));
  for (const name of ["127.0.0.1", "localhost", "[::1]", bound.toLowerCase()]) {
    hosts.add(`${name}:${port}`);
    if (port === 80) hosts.add(name);
  }
  return { hosts, origins: new Set(allowOrigins) };
}

/** @returns 421 or 403, or undefined if the request may go on */
export function refuseForeign(rules: HostRules, request: RelayRequest): RelayReply | undefined {
  // HTTP/1.0 names none, and no browser of today speaks it.
  const host = request.header("host")?.toLowerCase();
  if (
    host !== undefined && !rules.hosts.has(host) && !rules.hosts.has(host.replace(/:\d+$/, ""))
  ) {
    return plainText(
      421,
      "Misdirected request: this relay listens on loopback and does not serve that Host. " +
        "Start it with --allow-host NAME if a proxy passes that name on",
    );
  }
  const origin = request.header("origin");
  if (origin === undefined || rules.origins.has(origin)) return undefined;
  return plainText(403, "Origin not allowed: start the relay with --allow-origin ORIGIN");
}

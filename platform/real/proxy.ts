/**
 * Which proxy stands between us and a server: the variables that fetch honours by itself, for what
 * does not go through fetch.
 */
import { BlockList, isIPv4 } from "node:net";
import type { Env } from "../env.ts";

export interface Proxy {
  readonly host: string;
  readonly port: number;
  /** Spoken to over TLS. */
  readonly isTls: boolean;
  /** The value of Proxy-Authorization. */
  readonly authorization: string | undefined;
}

export type ProxyChoice =
  | { readonly tag: "direct" }
  | { readonly tag: "proxy"; readonly proxy: Proxy }
  /** Named by the environment and of no use: never gone around. */
  | { readonly tag: "unusable"; readonly variable: string; readonly why: string };

const DEFAULT_PORT: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 };

/** @param target `http:` or `https:` */
export function proxyFor(target: URL, env: Env): ProxyChoice {
  // HTTP_PROXY in capitals is a request header of whoever asks a CGI program.
  const names = target.protocol === "https:"
    ? ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    : [
      "http_proxy",
      ...(env.get("REQUEST_METHOD") ? [] : ["HTTP_PROXY"]),
      "all_proxy",
      "ALL_PROXY",
    ];
  const variable = names.find((name) => env.get(name));
  const value = variable === undefined ? undefined : env.get(variable);
  if (variable === undefined || value === undefined || isExcepted(target, env)) {
    return { tag: "direct" };
  }
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  if (!URL.canParse(address)) {
    return { tag: "unusable", variable, why: "expected the URL of a proxy" };
  }
  const url = new URL(address);
  const port = DEFAULT_PORT[url.protocol];
  if (port === undefined) {
    return { tag: "unusable", variable, why: `${url.protocol}// proxies take no WebSockets here` };
  }
  return {
    tag: "proxy",
    proxy: {
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: url.port === "" ? port : Number(url.port),
      isTls: url.protocol === "https:",
      authorization: authorizationOf(url),
    },
  };
}

function authorizationOf({ username, password }: URL): string | undefined {
  if (username === "" && password === "") return undefined;
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${new TextEncoder().encode(pair).toBase64()}`;
}

function isExcepted(target: URL, env: Env): boolean {
  const list = env.get("no_proxy") ?? env.get("NO_PROXY") ?? "";
  return list.split(",").some((entry) => covers(entry.trim().toLowerCase(), target));
}

/** `*`, a host or its domain with or without a leading dot, an address or a network; `:port` narrows. */
function covers(entry: string, target: URL): boolean {
  if (entry === "" || entry === "*") return entry === "*";
  const host = target.hostname.replace(/^\[|\]$/g, "");
  const [, name = entry, port] = entry.match(/^(\[[^\]]*\]|[^:]*):(\d+)$/) ?? [];
  const targetPort = target.port === "" ? String(DEFAULT_PORT[target.protocol]) : target.port;
  if (port !== undefined && port !== targetPort) return false;
  const [, network, bits] = name.match(/^([\d.]+)\/(\d+)$/) ?? [];
  if (network !== undefined && isIPv4(network) && Number(bits) <= 32) {
    if (!isIPv4(host)) return false;
    const block = new BlockList();
    block.addSubnet(network, Number(bits), "ipv4");
    return block.check(host, "ipv4");
  }
  const suffix = name.replace(/^\[|\]$/g, "").replace(/^\*?\./, "");
  return host === suffix || host.endsWith(`.${suffix}`);
}

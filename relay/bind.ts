/** Where a relay listens. See docs/protocol/relay.md §2. */
// deno-lint-ignore layers/world -- the name in a bind is the operator's own, looked up once
import { lookup } from "node:dns/promises";
import { isIP, isIPv4 } from "node:net";
import { WireError } from "../protocol/errors.ts";

export interface Bind {
  /** As typed. */
  readonly text: string;
  /** IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/** @throws {WireError} usage, with the reference's text */
export function parseBind(text: string): Bind {
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([^\[\]:]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65_535) {
    throw new WireError("usage", `binding ${text}: invalid socket address`);
  }
  return { text, host, port };
}

/** 127.0.0.0/8 and ::1. */
export const isLoopback = (address: string): boolean =>
  isIPv4(address) ? address.startsWith("127.") : isLoopbackV6(address);

const isLoopbackV6 = (address: string): boolean =>
  /^(?:::1|(?:0{1,4}:){7}0{0,3}1)$/.test(address) || /^::ffff:127\./i.test(address);

/** @throws {WireError} usage, with the reference's texts, unless every address is loopback */
export async function requireLoopback({ host }: Bind): Promise<void> {
  const addresses = isIP(host) === 0 ? await resolved(host) : [host];
  const other = addresses.find((address) => !isLoopback(address));
  if (other === undefined) return;
  throw new WireError(
    "usage",
    `--local-only refuses non-loopback bind: "${host}" resolves to ${other} which is not in ` +
      "127.0.0.0/8 or [::1]. Remove --local-only to bind publicly, or use 127.0.0.1 / [::1] / " +
      "localhost.",
  );
}

async function resolved(host: string): Promise<string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WireError("usage", `resolving bind host "${host}": ${reason}`, { cause });
  }
}

const OS_TEXT: Readonly<Record<string, string>> = {
  EADDRINUSE: "Address already in use (os error 98)",
  EADDRNOTAVAIL: "Cannot assign requested address (os error 99)",
  EACCES: "Permission denied (os error 13)",
};

export function bindFailed(
  bind: Pick<Bind, "text"> | { readonly path: string },
  cause: unknown,
): WireError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const reason = OS_TEXT[code] ?? (cause instanceof Error ? cause.message : String(cause));
  return new WireError("internal", `binding ${"path" in bind ? bind.path : bind.text}: ${reason}`, {
    cause,
  });
}

/** `host:port` as in a URL. */
export const hostPort = (host: string, port: number): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;

/** Where a local server is found, as one line of text. See docs/protocol/guard.md §24. */
import path from "node:path";
import type { LocalAddress } from "../platform/local_sockets.ts";

const LARGEST_PORT = 65_535;

export const printAddress = (address: LocalAddress): string =>
  address.tag === "unix" ? `unix:${address.path}` : `tcp:127.0.0.1:${address.port}`;

/** @returns undefined for anything else: nobody can be found there */
export function parseAddress(line: string): LocalAddress | undefined {
  const text = line.trimEnd();
  if (text.startsWith("unix:")) {
    const place = text.slice("unix:".length);
    const isUsable = path.posix.isAbsolute(place) && !/[\0\n]/.test(place);
    return isUsable ? { tag: "unix", path: place } : undefined;
  }
  const digits = text.match(/^tcp:127\.0\.0\.1:([1-9][0-9]{0,4})$/)?.[1];
  const port = Number(digits);
  return port <= LARGEST_PORT ? { tag: "loopback", port } : undefined;
}

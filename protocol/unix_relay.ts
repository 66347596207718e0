/**
 * A relay on a Unix socket of this machine: `unix:///absolute/path` where others read it, and inside this
 * program an http address that stands for it wherever a relay's address is wanted. No name server knows the
 * host, and to every rule it is loopback. Pure. See docs/protocol/extensions.md §9.
 */
import { parseRelayUrl, type RelayUrl } from "./ids.ts";

const PREFIX = "unix://";
const HOST_END = ".uds.localhost";
/** What a socket's address holds, without its end. */
const MAX_PATH_BYTES = 107;
/** A host's labels have at most 63. */
const LABEL_DIGITS = 60;

/** @returns undefined unless it is `unix://` and an absolute path in its simplest form */
export function parseUnixRelay(text: string): RelayUrl | undefined {
  const path = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : "";
  const isSimple = /^(\/[^/\p{C}]+)+$/u.test(path) && !/\/\.{1,2}(\/|$)/.test(path);
  const bytes = new TextEncoder().encode(path);
  if (!isSimple || bytes.length > MAX_PATH_BYTES) return undefined;
  const labels = bytes.toHex().match(new RegExp(`.{1,${LABEL_DIGITS}}`, "g")) ?? [];
  return parseRelayUrl(`http://${labels.join(".")}${HOST_END}`);
}

/** @param url of a relay, or of something there */
export function unixPathOf(url: string): string | undefined {
  const [, labels = ""] = /^http:\/\/([0-9a-f.]+)\.uds\.localhost(?:\/|$)/.exec(url) ?? [];
  const digits = labels.replaceAll(".", "");
  if (digits === "" || digits.length % 2 !== 0) return undefined;
  const path = new TextDecoder().decode(Uint8Array.fromHex(digits));
  // Whoever writes such a host by hand gets no other path than the one that we would write so.
  return parseUnixRelay(PREFIX + path) === undefined ? undefined : path;
}

/** As files and people have it. */
export function shownRelay(url: RelayUrl): string {
  const path = unixPathOf(url);
  return path === undefined ? url : PREFIX + path;
}

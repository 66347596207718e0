/**
 * Which network an address lies in, as far as the address itself tells. Names are not looked up: what
 * a public-looking name resolves to is another question (docs/threat-model.md). Pure.
 * See docs/protocol/extensions.md §9.
 */
import type { RelayUrl } from "./ids.ts";

/** `loopback` is this machine; `private` is no part of the internet. */
export type Network = "public" | "loopback" | "private";

/**
 * By the host as the web's URL parser reads it: hexadecimal, octal, short and one-number IPv4, full
 * width digits, long and mapped IPv6, upper case and a trailing dot are one spelling then.
 */
export function networkOf(url: RelayUrl): Network {
  const host = new URL(url).hostname.replace(/\.+$/, "");
  if (host.startsWith("[")) return networkOfV6(hextets(host.slice(1, -1)));
  const bytes = host.split(".").map(Number);
  const isV4 = bytes.length === 4 && bytes.every((byte) => Number.isInteger(byte) && byte >= 0);
  return isV4 ? networkOfV4(bytes) : networkOfName(host);
}

/** RFC 6761, 6762, 8375; `.internal` is reserved for private use; one label is of the own network. */
function networkOfName(name: string): Network {
  const labels = name.split(".");
  const last = labels.at(-1) ?? "";
  if (last === "localhost") return "loopback";
  const isLocal = labels.length === 1 || last === "local" || last === "internal" ||
    name.endsWith(".home.arpa");
  return isLocal ? "private" : "public";
}

function networkOfV4([a = 0, b = 0, c = 0]: readonly number[]): Network {
  if (a === 127) return "loopback";
  const isPrivate = a === 0 || // "this network": Linux connects 0.0.0.0 to itself
    a === 10 || (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168) || // RFC 1918
    (a === 100 && b >= 64 && b <= 127) || // shared with a provider, RFC 6598
    (a === 169 && b === 254) || // link-local, also the clouds' metadata service
    (a === 192 && b === 0 && c === 0) || (a === 198 && (b === 18 || b === 19)) ||
    a >= 224; // multicast, reserved, broadcast
  return isPrivate ? "private" : "public";
}

function networkOfV6(parts: readonly number[]): Network {
  const [first = 0, second = 0, third = 0] = parts;
  const leading = parts.findIndex((part) => part !== 0);
  if (leading === -1) return "private"; // `::`, as 0.0.0.0
  if (leading === 7 && parts[7] === 1) return "loopback";
  // IPv4 inside: mapped, translated, compatible; NAT64; 6to4.
  const isMapped = leading >= 6 || (leading === 5 && parts[5] === 0xffff) ||
    (leading === 4 && parts[4] === 0xffff && parts[5] === 0);
  const isNat64 = first === 0x64 && second === 0xff9b && parts.slice(2, 6).every((it) => it === 0);
  if (isMapped || isNat64) return networkOfV4(v4Of(parts[6], parts[7]));
  if (first === 0x2002) return networkOfV4(v4Of(second, third));
  const isPrivate = (first & 0xfe00) === 0xfc00 || // unique local, RFC 4193
    (first & 0xff80) === 0xfe80 || // link-local fe80::/10 and site-local fec0::/10
    (first & 0xff00) === 0xff00 || // multicast
    (first === 0x64 && second === 0xff9b && third === 1); // NAT64 of the own network, RFC 8215
  return isPrivate ? "private" : "public";
}

const v4Of = (high = 0, low = 0): number[] => [high >> 8, high & 255, low >> 8, low & 255];

/** @param text as the URL parser prints it: lower case, at most one `::`, no dotted tail */
function hextets(text: string): number[] {
  const [head = "", tail] = text.split("::");
  const parts = (half: string): number[] =>
    half === "" ? [] : half.split(":").map((part) => parseInt(part, 16));
  const [left, right] = [parts(head), parts(tail ?? "")];
  const zeros = new Array<number>(8 - left.length - right.length).fill(0);
  return [...left, ...zeros, ...right];
}

/** Under which name limits count a client: its IPv4 address, or the /64 network of its IPv6 one. */
import { isIPv4, isIPv6 } from "node:net";

/**
 * @param remoteAddress of the connection
 * @param forwarded value of the header that the proxy in front sets, if one is trusted: its last
 * entry is what that proxy saw
 */
export function sourceOf(remoteAddress: string, forwarded: string | undefined): string {
  if (forwarded === undefined) return network(remoteAddress);
  const named = forwarded.split(",").at(-1)?.trim() ?? "";
  const address = unbracketed(named);
  return isIPv4(address) || isIPv6(address) ? network(address) : network(remoteAddress);
}

/** `[::1]:80`, `[::1]` and `192.0.2.1:80` as some proxies write them. */
function unbracketed(text: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1];
  if (bracketed !== undefined) return bracketed;
  return /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1] ?? text;
}

function network(address: string): string {
  if (!address.includes(":")) return address; // the common case, asked for every request
  const plain = address.split("%")[0] ?? "";
  if (!isIPv6(plain)) return plain;
  const mapped = mappedAddress(plain);
  if (mapped !== undefined) return mapped;
  const [head = "", tail] = plain.split("::");
  const left = groupsOf(head);
  const right = tail === undefined ? [] : groupsOf(tail);
  const zeros = Array(Math.max(0, 8 - left.length - right.length)).fill("0");
  const groups = [...left, ...zeros, ...right].map((group) => parseInt(group, 16).toString(16));
  return `${groups.slice(0, 4).join(":")}::/64`;
}

/** `::ffff:192.0.2.1`, or with the same 32 bits in hex, as some proxies write it. */
function mappedAddress(address: string): string | undefined {
  const dotted = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (dotted !== undefined) return dotted;
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(address) ?? [];
  if (high === undefined || low === undefined) return undefined;
  const [h, l] = [parseInt(high, 16), parseInt(low, 16)];
  return `${h >> 8}.${h & 255}.${l >> 8}.${l & 255}`;
}

/** A dotted quad at the end stands for two groups that no /64 looks at. */
const groupsOf = (text: string): string[] =>
  text === "" ? [] : text.split(":").flatMap((group) => group.includes(".") ? ["0", "0"] : [group]);

/** Kinds of events: numbers on the wire, names for people. docs/protocol/identity-and-events.md §7.1 */
import { type Json, JsonNumber } from "../json/value.ts";

export type KindClass = "regular" | "ephemeral";

export interface Kind {
  readonly number: number;
  readonly name: string;
  readonly class: KindClass;
}

/** All that 0.5.19 knows; any other number stops its mailbox, so we never send one. */
export const KINDS: readonly Kind[] = [
  { number: 1, name: "decision", class: "regular" },
  { number: 100, name: "heartbeat", class: "ephemeral" },
  { number: 1000, name: "decision", class: "regular" },
  { number: 1001, name: "claim", class: "regular" },
  { number: 1002, name: "ack", class: "regular" },
  { number: 1100, name: "agent_card", class: "regular" },
  { number: 1101, name: "trust_add_key", class: "regular" },
  { number: 1102, name: "trust_revoke_key", class: "regular" },
  { number: 1200, name: "wire_open", class: "regular" },
  { number: 1201, name: "wire_close", class: "regular" },
];

const KNOWN: ReadonlySet<number> = new Set(KINDS.map((kind) => kind.number));
const BY_NAME: ReadonlyMap<string, number> = new Map(
  KINDS.toReversed().map((kind) => [kind.name, kind.number]), // the first of a name wins
);
const U32_MAX = 2 ** 32 - 1;
const U64_MAX = 2n ** 64n - 1n;

/** What `send` uses when only a peer and a body are given. */
export const DEFAULT_KIND_TEXT = "claim";

/**
 * The number for what a person typed: an unsigned 32-bit decimal (a leading `+` is fine), else the
 * first kind of that name, else 1.
 */
export function kindOf(text: string): number {
  if (/^\+?[0-9]+$/.test(text)) {
    const number = Number(text);
    if (number <= U32_MAX) return number;
  }
  return BY_NAME.get(text) ?? 1;
}

/**
 * The kind of a received event: the low 32 bits of a non-negative 64-bit integer; 0 for everything
 * else, which is no known kind.
 */
export function kindNumber(value: Json | undefined): number {
  if (typeof value === "number") {
    return Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0)
      ? Number(BigInt.asUintN(32, BigInt(value)))
      : 0;
  }
  if (!(value instanceof JsonNumber) || !/^[0-9]{1,20}$/.test(value.text)) return 0;
  const number = BigInt(value.text);
  return number > U64_MAX ? 0 : Number(BigInt.asUintN(32, number));
}

export const isKnownKind = (number: number): boolean => KNOWN.has(number);

/**
 * Types that programs send each other and people need not see (docs/protocol/extensions.md §14,
 * ruling 5). Kind 100 is noise by its number too: {@linkcode isHandshakeNoise} with both.
 */
const NOISE: ReadonlySet<string> = new Set([
  "pair_drop",
  "pair_drop_ack",
  "heartbeat",
  "receipt",
  "file_want",
  "agent_card",
]);

/** @param kind the event's kind, if it is at hand: 100 is noise whatever its type says */
export const isHandshakeNoise = (type: string, kind?: number): boolean =>
  kind === 100 || NOISE.has(type);

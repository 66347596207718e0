/** Whether a message is one that the handler is run for. Pure. See docs/protocol/cli.md §8. */
import type { WireEvent } from "../../protocol/event/event.ts";
import { kindNumber } from "../../protocol/event/kinds.ts";
import { printJson } from "../../protocol/json/print.ts";
import { member, stringMember } from "../../protocol/json/value.ts";

export interface Conditions {
  /** Only events of this kind number. */
  readonly kind: number | undefined;
  /** 0: also answers to what we sent are handled. */
  readonly maxChainDepth: number;
  /** Whether an id of ours begins so. */
  isOurs(prefix: string): boolean;
  /** Takes one of the peer's turns of this minute, if there is one. */
  mayRun(): boolean;
}

export type Decision =
  | { readonly tag: "run" }
  /** Not what was asked for: nothing is said. */
  | { readonly tag: "other" }
  /** It would have been, and is passed over for good. */
  | { readonly tag: "skip"; readonly reason: string };

/** As `(re:<id>)`, which handlers put into their answers. */
const REFERENCE = /\(re:([0-9a-f]{8,64})\)/g;

/** @param isVerified a message that does not verify runs nothing, ever */
export function decide(event: WireEvent, isVerified: boolean, conditions: Conditions): Decision {
  const { kind, maxChainDepth, isOurs, mayRun } = conditions;
  if (kind !== undefined && kindNumber(member(event.value, "kind")) !== kind) {
    return { tag: "other" };
  }
  if (!isVerified) return { tag: "skip", reason: "it does not verify" };
  if (maxChainDepth > 0 && referencesIn(event).some(isOurs)) {
    return { tag: "skip", reason: "it answers a message of ours" };
  }
  if (!mayRun()) return { tag: "skip", reason: "more messages in a minute than --max-per-minute" };
  return { tag: "run" };
}

function referencesIn({ value }: WireEvent): string[] {
  const body = member(value, "body") ?? null;
  const text = typeof body === "string" ? body : printJson(body);
  const named = [...text.matchAll(REFERENCE)].flatMap(([, id]) => id ?? []);
  const replyTo = stringMember(value, "reply_to");
  return replyTo === undefined || !/^[0-9a-f]{64}$/.test(replyTo) ? named : [...named, replyTo];
}

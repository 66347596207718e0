/**
 * When a message is the same as an earlier one: equal type, kind, body and deadline, so that
 * whoever is unsure whether a send worked just sends again. Pure.
 * See docs/protocol/extensions.md §14 ruling 4.
 */
import type { WireEvent } from "../protocol/event/event.ts";
import { isRfc3339 } from "../protocol/event/rfc3339.ts";
import { repliesTo, threadOf } from "../protocol/delivery/thread.ts";
import { printJson } from "../protocol/json/print.ts";
import { type Json, type JsonObject, member, stringMember } from "../protocol/json/value.ts";
import { instantMs } from "../protocol/text/instant.ts";

/** Between taking the deadline's time and the timestamp's, when an event is made. */
const SPAN_TOLERANCE_MS = 1_000;

export interface AskedAs {
  /** As it was typed: a span from now means the same span, not the same moment. */
  readonly deadline: string | undefined;
  /** The thread in it was just made up: of another attempt it has another name. */
  readonly opensThread?: boolean;
}

/**
 * The same words in another thread, or as an answer to another message, are another message.
 * @param unsigned the message that would be sent
 */
export function repeatTest(
  unsigned: JsonObject,
  { deadline, opensThread = false }: AskedAs,
): (earlier: WireEvent) => boolean {
  const isSpan = deadline !== undefined && !isRfc3339(deadline.trim());
  const wanted = contentOf(unsigned);
  return ({ value }) => {
    if (contentOf(value) !== wanted || repliesTo(value) !== repliesTo(unsigned)) return false;
    const thread = threadOf(value);
    if (opensThread ? thread === undefined : thread !== threadOf(unsigned)) return false;
    if (!isSpan) return until(value) === until(unsigned);
    const difference = spanMs(value) - spanMs(unsigned);
    return Math.abs(difference) <= SPAN_TOLERANCE_MS;
  };
}

/** Numbers in it are in the spelling that was signed, in both. */
function contentOf(event: JsonObject): string {
  const parts: Json[] = ["from", "type", "kind", "body"].map((name) => member(event, name) ?? null);
  return printJson(parts);
}

const until = (event: JsonObject): string | undefined =>
  stringMember(event, "time_sensitive_until");

/** From its timestamp to its deadline; NaN, which equals nothing, without a deadline. */
function spanMs(event: JsonObject): number {
  const end = instantMs(until(event)) ?? NaN;
  return end - (instantMs(stringMember(event, "timestamp")) ?? NaN);
}

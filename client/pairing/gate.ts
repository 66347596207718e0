/**
 * The operator's gate, in a terminal: the six digits of the *peer's* screen. Through a pipe a `y` is
 * taken, as in 0.5.19, and recorded as unproved. See docs/protocol/extensions.md §14 ruling 9.
 */
import type { EpochMs } from "../../protocol/ids.ts";
import type { PairEvent } from "../../protocol/pairing/pair_event.ts";
import { checkTypedDigits } from "../../protocol/pairing/sas.ts";

/** What an answer means to the machine of either form. */
export type GateEvent = Extract<
  PairEvent,
  { readonly tag: "accepted" | "declined" | "digitsTyped" }
>;

export type Answer =
  | { readonly tag: "event"; readonly event: GateEvent }
  /** A slip: another line is read. */
  | { readonly tag: "again"; readonly why: string };

/** Lines that may be typed before it counts as declined. */
export const MAX_ATTEMPTS = 3;

export const DECLINED = "SAS confirmation declined — aborting pairing";

const declined: Answer = { tag: "event", event: { tag: "declined", error: DECLINED } };

const NO: ReadonlySet<string> = new Set(["n", "no"]);

export interface Question {
  /** Six digits, as on our own screen. */
  readonly sas: string;
  readonly isTerminal: boolean;
  readonly now: EpochMs;
}

/** @param line what was typed, or undefined at the end of input */
export function judge(line: string | undefined, question: Question): Answer {
  const typed = line?.trim().toLowerCase() ?? "";
  const isYes = typed === "y" || typed === "yes";
  if (!question.isTerminal) return isYes ? accepted(question) : pipedDigits(typed, question);
  if (isYes) return { tag: "again", why: "type the six digits of your peer's screen, not y" };
  if (line === undefined || NO.has(typed)) return declined;
  if (!/[0-9]/.test(typed)) {
    return {
      tag: "again",
      why: "type the six digits of your peer's screen, or n to end the pairing",
    };
  }
  const checked = checkTypedDigits(typed, question.sas);
  if (checked.tag === "wrong_count") {
    return { tag: "again", why: `expected 6 digits (got ${checked.count})` };
  }
  return typedDigits(typed, question, "typed");
}

const accepted = ({ now }: Question): Answer => ({
  tag: "event",
  event: { tag: "accepted", now },
});

/** Six digits through a pipe are compared; anything else than they or `y` is a no. */
function pipedDigits(typed: string, question: Question): Answer {
  const { tag } = checkTypedDigits(typed, question.sas);
  return tag === "wrong_count" ? declined : typedDigits(typed, question, "unproved");
}

const typedDigits = (
  digits: string,
  { now }: Question,
  proof: "typed" | "unproved",
): Answer => ({ tag: "event", event: { tag: "digitsTyped", digits, proof, now } });

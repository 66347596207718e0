/** What an effect came to: an event for the machine, or a reason to try again later. */
import { WireError } from "../../protocol/errors.ts";
import type { PairEvent } from "../../protocol/pairing/pair_event.ts";
import { RelayStatusError } from "../relay/status_error.ts";

export type Outcome<Event = PairEvent> =
  | { readonly tag: "event"; readonly event: Event }
  /** Nothing new. */
  | { readonly tag: "nothing" }
  /** The relay or the way to it failed; the same may work after `waitMs`. */
  | { readonly tag: "later"; readonly problem: WireError; readonly waitMs: number };

/** What repeating cannot mend; both forms of pairing know it. */
export type Failed = { readonly tag: "failed"; readonly error: string };

export const NOTHING = { tag: "nothing" } as const satisfies Outcome;
export const happened = (event: PairEvent): Outcome => ({ tag: "event", event });

/** A relay that asks for patience without saying how much. */
const DEFAULT_WAIT_MS = 10_000;
const MAX_WAIT_MS = 60_000;

/**
 * Sorts a relay's failure.
 * @param answers what certain statuses mean to this call
 * @throws the error itself, if no relay is to blame for it: the disk, a lock, an interruption
 */
export function relayFailure<Event = Failed>(
  error: unknown,
  answers: Readonly<Record<number, (text: string) => Event>>,
): Outcome<Event | Failed> {
  if (error instanceof RelayStatusError) {
    if (!isOfRelay(error)) return { tag: "later", problem: error, waitMs: 0 };
    const answer = answers[error.status];
    if (answer !== undefined) return { tag: "event", event: answer(error.message) };
    const passing = error.status === 429 || error.status === 408 || error.status >= 500;
    if (!passing) return { tag: "event", event: { tag: "failed", error: error.message } };
    return { tag: "later", problem: error, waitMs: waitMs(error) };
  }
  if (!(error instanceof WireError) || !MENDABLE.has(error.code)) throw error;
  return { tag: "later", problem: error, waitMs: 0 };
}

/** A refusal that may be mended at the relay: the step waits, and the pairing's life bounds it. */
export function patient<Event extends { readonly tag: string }>(
  outcome: Outcome<Event | Failed>,
): Outcome<Event | Failed> {
  if (outcome.tag !== "event" || !isFailed(outcome.event)) return outcome;
  return { tag: "later", problem: new WireError("relay_status", outcome.event.error), waitMs: 0 };
}

const isFailed = (event: { readonly tag: string }): event is Failed => event.tag === "failed";

/**
 * Whether a relay can have said it. Redirections and pages are those of a captive portal or a proxy
 * on the way, whatever their status, and say nothing of the pairing.
 */
function isOfRelay({ status, said }: RelayStatusError): boolean {
  return (status < 300 || status > 399) && status !== 407 && !said.trimStart().startsWith("<");
}

const MENDABLE: ReadonlySet<string> = new Set([
  "unreachable",
  "relay_garbage",
  "relay_status",
  "feature_lost",
]);

/** The relay's text for 429 is `Too Many Requests! Wait for 9s` (docs/protocol/pairing.md §4). */
function waitMs(error: RelayStatusError): number {
  if (error.status !== 429) return 0;
  const seconds = error.message.match(/Wait for (\d{1,4})s/)?.[1];
  const ms = seconds === undefined ? DEFAULT_WAIT_MS : Number(seconds) * 1_000;
  return Math.min(ms, MAX_WAIT_MS);
}

/**
 * How a pairing of either form is driven: load, step, save, then perform what the machine asks for,
 * until there is nothing more to do for now. See docs/protocol/pairing.md §11.6.
 */
import type { WireError } from "../../protocol/errors.ts";
import type { Outcome } from "./outcome.ts";

/** As the daemon's cycle line shows it. See docs/protocol/pairing.md §11.4. */
export interface Transition {
  readonly code: string;
  readonly from: string;
  readonly peer_did: string | null;
  readonly sas: string | null;
  /** `gone` at the end: paired, and the record removed. */
  readonly to: string;
}

export interface Advanced<State> {
  /** Undefined when there is no record (any more). */
  readonly state: State | undefined;
  readonly transitions: readonly Transition[];
  /** What kept it from going on; it may go on after `waitMs`. */
  readonly problem: WireError | undefined;
  readonly waitMs: number;
}

export interface AdvanceOptions {
  readonly signal: AbortSignal;
  /** Whether to tell the desktop: not when a terminal shows it all; and a command prints its own end. */
  readonly notify: "desktop" | "desktop only" | "nobody";
  /** Only save, and tell of an end; whoever drives the pairing does the rest. */
  readonly only?: "ending";
}

/** What one event did, saved. */
interface Stepped<State, Effect> {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** One form of pairing. */
export interface Drive<State, Event, Effect, Applied extends Stepped<State, Effect>> {
  /** More steps than any pairing has between two looks. */
  readonly maxSteps: number;
  /** @returns undefined if there is no record (any more) */
  apply(event: Event): Promise<Applied | undefined>;
  /** What to repeat where an event asked for nothing. */
  resume(applied: Applied): readonly Effect[];
  hasEnded(state: State): boolean;
  transitionOf(applied: Applied): readonly Transition[];
  perform(applied: Applied, effect: Effect): Promise<Outcome<Event>>;
}

/**
 * Applies `first`, then goes on as far as it goes without waiting.
 * @throws {WireError} for what no relay is to blame for: the disk, a lock, an unreadable record
 */
export async function drive<State, Event, Effect, Applied extends Stepped<State, Effect>>(
  pairing: Drive<State, Event, Effect, Applied>,
  first: Event,
  { only }: Pick<AdvanceOptions, "only">,
): Promise<Advanced<State>> {
  let applied = await pairing.apply(first);
  if (applied === undefined) {
    return { state: undefined, transitions: [], problem: undefined, waitMs: 0 };
  }
  const transitions = [...pairing.transitionOf(applied)];
  const queue = only === "ending" && !pairing.hasEnded(applied.state)
    ? []
    : [...applied.effects.length > 0 ? applied.effects : pairing.resume(applied)];
  let problem: WireError | undefined;
  let waitMs = 0;
  for (let steps = 0; applied !== undefined && steps < pairing.maxSteps; steps++) {
    const effect = queue.shift();
    if (effect === undefined) break;
    const outcome: Outcome<Event> = await pairing.perform(applied, effect);
    if (outcome.tag === "later") ({ problem, waitMs } = outcome);
    if (outcome.tag !== "event") continue;
    applied = await pairing.apply(outcome.event);
    if (applied === undefined) break;
    transitions.push(...pairing.transitionOf(applied));
    queue.push(...applied.effects);
  }
  return { state: applied?.state, transitions, problem, waitMs };
}

/** How a terminal waits for the other side, in either form of a pairing. */
import { WireError } from "../../protocol/errors.ts";
import type { ClientContext } from "../context.ts";
import type { PairPlace } from "../sync/pair_watches.ts";
import type { PairBell } from "./pair_bell.ts";
import type { PairProgress } from "./pair_progress.ts";

/** For another process to finish its step of the same pairing. */
export const DRIVER_DEADLINE_MS = 2_000;

const POLL_MS = 250;
const TELL_EVERY_MS = 10_000;

/** A pairing that can be looked at. */
export interface Waiter {
  readonly context: ClientContext;
  readonly signal: AbortSignal;
  look(): Promise<{
    /** What kept it from going on; it may go on after `waitMs`. */
    readonly problem: WireError | undefined;
    readonly waitMs: number;
  }>;
}

export interface Opening {
  readonly timeoutS: number;
  isOpen(): boolean;
}

/**
 * Without the relay there is nothing to wait for yet, except a relay that asks for patience.
 * @throws {WireError} what the relay could not be asked for
 */
export async function* openMeeting(
  session: Waiter,
  { timeoutS, isOpen }: Opening,
): AsyncGenerator<PairProgress, void, undefined> {
  const { clock } = session.context.platform;
  const start = clock.monotonic();
  for (;;) {
    const { problem, waitMs } = await session.look();
    if (isOpen()) return;
    const elapsedMs = clock.monotonic() - start;
    const isPatient = waitMs > 0 && elapsedMs + waitMs <= timeoutS * 1_000;
    if (problem !== undefined && !isPatient) throw problem;
    if (problem !== undefined) {
      yield waiting("relay", { elapsedMs, timeoutS, problem });
    }
    await clock.sleep(Math.max(waitMs, POLL_MS), session.signal);
  }
}

type Waiting = Extract<PairProgress, { progress: "waiting" }>;

const waiting = (
  what: Waiting["waiting_for"],
  { elapsedMs, timeoutS, problem }: {
    readonly elapsedMs: number;
    readonly timeoutS: number;
    readonly problem: WireError | undefined;
  },
): Waiting => ({
  progress: "waiting",
  waiting_for: what,
  elapsed_s: Math.floor(elapsedMs / 1_000),
  timeout_s: timeoutS,
  problem: problem?.message ?? null,
});

export interface Wait {
  readonly what: Exclude<Waiting["waiting_for"], "relay">;
  /** The same for people. */
  readonly wanted: string;
  readonly timeoutS: number;
  readonly bell: PairBell;
  /** Says what it waits for as soon as it does, not only when it takes long. */
  readonly tellsAtOnce?: true;
  /** What to know when it was in vain. */
  readonly hint?: string;
  isOver(): boolean;
  /** Where a change of the pairing is heard of. */
  place(): PairPlace | undefined;
  /** What a look has brought besides. */
  news?(): Iterable<PairProgress>;
}

/** @throws {WireError} timed_out; a relay that fails meanwhile is asked again until then */
export async function* waitFor(
  session: Waiter,
  wait: Wait,
): AsyncGenerator<PairProgress, void, undefined> {
  const { what, wanted, timeoutS, bell, hint } = wait;
  const { clock } = session.context.platform;
  const start = clock.monotonic();
  let toldAt = wait.tellsAtOnce === true ? -Infinity : start;
  while (!wait.isOver()) {
    const { problem, waitMs } = await session.look();
    if (wait.isOver()) return;
    yield* wait.news?.() ?? [];
    const now = clock.monotonic();
    if (now - start >= timeoutS * 1_000) {
      const failure = `timeout after ${timeoutS}s waiting for peer's ${wanted}`;
      throw new WireError("timed_out", failure, hint === undefined ? {} : { hint });
    }
    if (now - toldAt >= TELL_EVERY_MS) {
      toldAt = now;
      yield waiting(what, { elapsedMs: now - start, timeoutS, problem });
    }
    if (waitMs > 0) await clock.sleep(waitMs, session.signal);
    else await bell.wait(wait.place(), POLL_MS, session.signal);
  }
}

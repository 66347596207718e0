/**
 * The daemon's part in pairing: one step of every detached pairing in each of its cycles. What a
 * terminal drives is left to it for as long as it lives. See docs/protocol/pairing.md §11.4–11.6.
 */
import { WireError } from "../../protocol/errors.ts";
import type { FileLock } from "../../platform/files.ts";
import type { PendingPair } from "../../protocol/pairing/pending_pair.ts";
import type { ClientContext } from "../context.ts";
import type { AdvanceOptions, Transition } from "./drive.ts";
import { advance } from "./pair_driver.ts";
import { endDamaged, lockDriver } from "./pair_records.ts";

export type { Transition };

const OWNER = "wire daemon";

/**
 * To be called at least every {@linkcode KEEP_ALIVE_MS}, so that the relay keeps the slots of those
 * that show digits. One pairing that fails does not stop another.
 * @returns what changed, in the order of the pairings
 */
export async function pairTick(
  context: ClientContext,
  signal: AbortSignal,
): Promise<readonly Transition[]> {
  return await eachPair(context, {
    signal,
    notify: "desktop",
    onUnreadable: ({ message }) => context.platform.log.debug(message),
  });
}

/**
 * At the daemon's start: ends those that nobody can go on with, and tells of files that are none. All others, whatever
 * their status, go on from what is on the disk at the first tick.
 */
export async function recoverPairs(
  context: ClientContext,
  signal: AbortSignal = new AbortController().signal,
): Promise<readonly Transition[]> {
  return await eachPair(context, {
    signal,
    notify: "desktop",
    only: "ending",
    onUnreadable: (problem) => tell(context, problem),
  });
}

interface RoundOptions extends AdvanceOptions {
  /** Told of each file that is no record: once at the start, not every few seconds. */
  onUnreadable(problem: WireError): void;
}

async function eachPair(
  context: ClientContext,
  options: RoundOptions,
): Promise<readonly Transition[]> {
  const records = await context.home.pendingPairs.list(options.onUnreadable);
  const steps = records.map((record) => oneStep(context, record, options));
  return (await Promise.all(steps)).flat();
}

async function oneStep(
  context: ClientContext,
  record: PendingPair,
  options: AdvanceOptions,
): Promise<readonly Transition[]> {
  const { clock } = context.platform;
  try {
    await using lock = await freeDriver(context, record.code);
    if (lock === undefined) return [];
    const tick = { tag: "tick", now: clock.now() } as const;
    const { transitions, problem } = await advance(context, record.code, tick, options);
    if (problem !== undefined) {
      context.platform.log.warn("pairing waits for its relay", { error: problem.message });
    }
    return transitions;
  } catch (error) {
    if (!(error instanceof WireError) || options.signal.aborted) throw error;
    return await afterProblem(context, record, error);
  }
}

/** Undefined while a terminal, or another step, has it. */
async function freeDriver(context: ClientContext, code: string): Promise<FileLock | undefined> {
  try {
    return await lockDriver(context.home, code, { owner: OWNER, deadlineMs: 0 });
  } catch (error) {
    if (error instanceof WireError && error.code === "locked") return undefined;
    throw error;
  }
}

/** A record that makes no sense ends; after anything else the next tick tries again. */
async function afterProblem(
  context: ClientContext,
  record: PendingPair,
  problem: WireError,
): Promise<readonly Transition[]> {
  tell(context, problem);
  if (problem.code !== "unreadable") return [];
  const ended = await endDamaged(context, record.code);
  if (ended === undefined) return [];
  return [{
    code: record.code,
    from: record.status,
    peer_did: null,
    sas: null,
    to: ended.status,
  }];
}

const tell = ({ warn }: ClientContext, { message }: WireError): void => warn(`pairing: ${message}`);

/**
 * The daemon's part in pairings of the form pair/2: one step of each in each of its cycles. What a
 * terminal drives is left to it for as long as it lives. See docs/protocol/extensions.md §10.
 */
import { WireError } from "../../protocol/errors.ts";
import type { FileLock } from "../../platform/files.ts";
import { isOver } from "../../protocol/pair2/state.ts";
import type { Pair2Record } from "../../store/home/pair2_records.ts";
import type { ClientContext } from "../context.ts";
import { placeOf2 } from "../pairing/pair_place.ts";
import type { AdvanceOptions, Transition } from "../pairing/drive.ts";
import type { PairPlace } from "../sync/pair_watches.ts";
import { advance2 } from "./driver.ts";
import { hearQuarantine } from "./hear.ts";
import { lockDriver2 } from "./records.ts";

const OWNER = "wire daemon";
/** How long the last state of a pairing that is over can be asked for. */
export const KEPT_MS = 3_600_000;

export interface Ticked2 {
  /** What changed, in the order of the pairings. */
  readonly transitions: readonly Transition[];
  /** Whether one that has no place should be stepped again soon. */
  readonly isBusy: boolean;
  /** Where relays can tell what the other sides do. */
  readonly places: readonly PairPlace[];
}

/** One pairing that fails does not stop another. */
export async function pair2Tick(
  context: ClientContext,
  options: AdvanceOptions & { onUnreadable(problem: WireError): void },
): Promise<Ticked2> {
  const records = await context.home.pair2.list(options.onUnreadable);
  const isHeld = ({ state }: Pair2Record): boolean => state.tag === "held" && !state.peerDone;
  if (records.some(isHeld)) await hearQuarantine(context.home);
  const steps = records.map((record) => oneStep(context, record, options));
  const ticked = await Promise.all(steps);
  return {
    transitions: ticked.flatMap(({ transitions }) => transitions),
    isBusy: ticked.some(({ isBusy }) => isBusy),
    places: ticked.flatMap(({ places }) => places),
  };
}

const IDLE: Ticked2 = { transitions: [], isBusy: false, places: [] };

async function oneStep(
  context: ClientContext,
  { id, state }: Pair2Record,
  options: AdvanceOptions,
): Promise<Ticked2> {
  const { clock, log } = context.platform;
  try {
    await using lock = await freeDriver(context, id);
    if (lock === undefined) return IDLE;
    if (isOver(state) && await isOld(context, id)) {
      await context.home.pair2.remove(id);
      return IDLE;
    }
    const tick = { tag: "tick", now: clock.now() } as const;
    const { transitions, problem, state: now } = await advance2(context, id, tick, options);
    if (problem !== undefined) log.warn("pairing waits for its relay", { error: problem.message });
    const place = now === undefined ? undefined : placeOf2(now);
    const isBlind = now !== undefined && place === undefined && !isOver(now);
    return { transitions, isBusy: isBlind, places: place === undefined ? [] : [place] };
  } catch (error) {
    if (!(error instanceof WireError) || options.signal.aborted) throw error;
    context.warn(`pairing: ${error.message}`);
    return IDLE;
  }
}

async function isOld({ home, platform: { clock } }: ClientContext, id: string): Promise<boolean> {
  const changedAt = await home.pair2.changedAt(id);
  return changedAt !== undefined && clock.now() - changedAt >= KEPT_MS;
}

/** Undefined while a terminal, or another step, has it. */
async function freeDriver(context: ClientContext, id: string): Promise<FileLock | undefined> {
  try {
    return await lockDriver2(context, id, { owner: OWNER, deadlineMs: 0 });
  } catch (error) {
    if (error instanceof WireError && error.code === "locked") return undefined;
    throw error;
  }
}

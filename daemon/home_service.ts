/** The daemon of one home, from taking its lock to giving it back. */
import type { ClientContext } from "../client/context.ts";
import { sweepTemporaries } from "../store/home/sweep.ts";
import type { Identity } from "../store/home/identity.ts";
import { Board } from "./board.ts";
import { Complaints } from "./complaints.ts";
import { Cycles, type Pairing } from "./cycle.ts";
import type { CycleReport } from "./cycle_report.ts";
import { openDoor } from "./door.ts";
import { ALL, Loop } from "./loop.ts";
import { beginTenure, type Tenure } from "./tenure.ts";
import { Wakes } from "./wakes.ts";

export interface Service {
  readonly pairing: Pairing;
  readonly intervalMs: number;
  /** One cycle, and the end. */
  readonly once: boolean;
  /** Whether what the environment says about the local socket is about this home. */
  readonly isNamed: boolean;
  /** In one process with others: the mark of the home in whose name it was called. */
  readonly calledIn: string | undefined;
  readonly signal: AbortSignal;
  report(report: CycleReport): void;
}

/** From the signal to the end, whatever relays do: the rest of three seconds is for the process. */
const CLOSE_DEADLINE_MS = 2_000;

/**
 * Serves until the signal aborts, and two seconds more at most.
 * @throws {WireError} not_initialized, unreadable; locked, naming who serves this home
 */
export async function serveHome(context: ClientContext, service: Service): Promise<void> {
  const identity = await context.home.readIdentity();
  const { once, signal, intervalMs, calledIn } = service;
  const call = { intervalSeconds: intervalMs / 1_000, calledIn };
  const tenure = await beginTenure(context.home, identity, { once, call, signal });
  try {
    const all = { ...parts(context, identity, service), tenure };
    await (once ? cycleOnce : cycleOn)(context, service, all);
  } finally {
    await tenure.end();
  }
}

interface Parts {
  readonly tenure: Tenure;
  readonly wakes: Wakes;
  readonly board: Board;
  readonly complaints: Complaints;
  readonly cycles: Cycles;
}

function parts(
  context: ClientContext,
  identity: Identity,
  { pairing, once }: Service,
): Omit<Parts, "tenure"> {
  const { platform } = context;
  const wakes = new Wakes();
  const complaints = new Complaints({
    clock: platform.clock,
    warn: (line) => context.warn(line),
  });
  const board = new Board({ platform, did: identity.did });
  const cycles = new Cycles(context, identity, { pairing, once, wakes, board, complaints });
  return { wakes, board, complaints, cycles };
}

async function cycleOnce(context: ClientContext, service: Service, parts: Parts): Promise<void> {
  const { signal } = service;
  try {
    await prepare(context, service, parts);
    const report = await parts.cycles.run(ALL, { signal, until: aborted(signal) });
    await parts.cycles.tell(signal);
    service.report(report);
  } finally {
    await closeInTime(context, parts, () => Promise.resolve());
  }
}

async function cycleOn(context: ClientContext, service: Service, parts: Parts): Promise<void> {
  const { wakes, cycles, tenure } = parts;
  const { signal, intervalMs, isNamed } = service;
  const nudge = (): void => wakes.raise("outbox");
  const door = await openDoor(context.home, { ...parts, nudge, isNamed });
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  let loop: Loop | undefined;
  try {
    await prepare(context, service, parts);
    loop = new Loop(context, cycles, {
      intervalMs,
      wakes,
      signal: either,
      confirm: () => tenure.confirm(),
    });
    for await (const report of loop.run()) service.report(report);
  } finally {
    stop.abort(); // also when the loop failed
    await closeInTime(context, parts, async (isOurs) => {
      await Promise.all([door.close({ isOurs }), loop?.close()]);
    });
  }
}

/** What cannot be put right at the start is told; mail flows all the same. */
async function prepare(
  context: ClientContext,
  { pairing, signal }: Service,
  { complaints }: Parts,
): Promise<void> {
  const told = async (step: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      await Promise.race([work(), aborted(signal)]);
    } catch (error) {
      complaints.about(step, error);
    }
  };
  await told("left-over files", () => sweepTemporaries(context.home));
  await told("pairing", () => pairing.recover(context));
}

async function closeInTime(
  { platform: { clock } }: ClientContext,
  { cycles, complaints, tenure }: Parts,
  close: (isOurs: boolean) => Promise<void>,
): Promise<void> {
  const over = new AbortController();
  const late = clock.sleep(CLOSE_DEADLINE_MS, over.signal).catch(() => undefined); // ended by us
  const work = async (): Promise<void> => {
    // What another daemon has begun to write is not touched.
    const isOurs = await tenure.confirm().then(() => true, () => false);
    await Promise.race([close(isOurs), late]);
    if (isOurs) await cycles.close(late);
  };
  try {
    await Promise.race([work(), late]);
  } catch (error) {
    complaints.about("closing", error); // only positions: the next start reads more
  } finally {
    over.abort();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

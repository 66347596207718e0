/** One daemon, ended and begun again with this program, in the way in which it ran and for all that it served. */
import { WireError } from "../../protocol/errors.ts";
import { argumentsOf, markOf } from "../../store/home/daemon_call.ts";
import type { ClientContext } from "../context.ts";
import { isServedSoon } from "../service/take_over.ts";
import { runningDaemon, stopDaemon } from "../stop_daemon.ts";
import { ensureDaemon } from "../sync/ensure_daemon.ts";
import { refuseForeignDaemon } from "../sync/round_lock.ts";
import type { PlannedDaemon } from "./fleet.ts";
import { type Place, spawnedIn } from "./place.ts";
import { serviceOfDaemon } from "./service_of_daemon.ts";

const USUAL_SECONDS = 5;

export interface Restarted {
  /** The daemon that ran before. */
  readonly killed: number | undefined;
  /** Whether another one was started. */
  readonly spawned: boolean;
  /** Served before, and by nobody now. */
  readonly without: readonly Place[];
}

/**
 * Safe to repeat. A home without an identity gets no daemon; one whose daemon came up after we looked
 * has the new program already.
 * @throws {WireError} locked, when a daemon of 0.5.19 works there; refused, timed_out, unreadable
 */
export async function restartDaemon(
  context: ClientContext,
  planned: PlannedDaemon,
): Promise<Restarted> {
  const { pid, homes, calledIn } = planned;
  for (const { home } of homes) await refuseForeignDaemon(home, "wire upgrade");
  const service = pid === undefined ? undefined : await serviceOfDaemon(context, calledIn, pid);
  const killed = await ended(planned);
  const begun: Place[] = [];
  for (const place of homes) if (await place.home.isInitialized()) begun.push(place);
  if (begun.length === 0) return { killed, spawned: false, without: [] };
  const problem = await service?.enable();
  if (service !== undefined && problem === undefined) {
    const without = await unserved(context, begun);
    if (without.length < begun.length) return { killed, spawned: true, without };
  }
  if (service !== undefined) {
    context.warn(`the service did not start again: ${problem ?? "no daemon came up"}`);
  }
  const spawned = await begin(context, planned);
  return { killed, spawned, without: spawned ? await unserved(context, begun) : [] };
}

/** Every home of it is free; a process frees one after the other. @returns its pid, if it ran still */
async function ended({ pid, homes }: PlannedDaemon): Promise<number | undefined> {
  let killed: number | undefined;
  for (const { home } of homes) {
    if (pid === undefined || (await runningDaemon(home))?.pid !== pid) continue;
    killed = await stopDaemon(home) ?? killed;
  }
  return killed;
}

/** @returns false when each was served already, or nothing may be started here */
async function begin(
  context: ClientContext,
  { calledIn, homes, intervalSeconds = USUAL_SECONDS, isForAll }: PlannedDaemon,
): Promise<boolean> {
  const { platform: { env, processes } } = context;
  const call = { intervalSeconds, calledIn: isForAll ? markOf(calledIn.home) : undefined };
  const how = { ...spawnedIn(calledIn), args: argumentsOf(call) };
  if (!isForAll) return (await ensureDaemon({ ...context, home: calledIn.home }, how)).spawned;
  if (env.get("WIRE_MCP_SKIP_AUTO_UP") !== undefined) return false;
  const pid = await processes.spawnSelf(how);
  for (const { home } of homes) {
    if (await home.isInitialized() && await isServedSoon({ ...context, home })) return true;
  }
  throw new WireError("timed_out", `Cannot start the daemon: process ${pid} did not come up`, {
    hint: "run `wire daemon --all-sessions` to see why",
  });
}

async function unserved(
  context: ClientContext,
  places: readonly Place[],
): Promise<readonly Place[]> {
  const looked = await Promise.all(
    places.map(async (place) =>
      [place, await isServedSoon({ ...context, home: place.home })] as const
    ),
  );
  return looked.filter(([, isServed]) => !isServed).map(([place]) => place);
}

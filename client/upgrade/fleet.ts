/** The daemons of this user that run, each with all homes that it serves: one process may serve many. */
import path from "node:path";
import { daemonCall, markOf } from "../../store/home/daemon_call.ts";
import { Sessions } from "../../store/sessions/sessions.ts";
import type { ClientContext } from "../context.ts";
import { isForAll, type RunningDaemon, runningDaemon } from "../stop_daemon.ts";
import { isSamePlace, type Place, placeOf } from "./place.ts";

export interface PlannedDaemon {
  /** The process that is to give way; undefined when it ended with a run that was cut off. */
  readonly pid: number | undefined;
  /** In whose name it is called, be it served or not. */
  readonly calledIn: Place;
  /** Those that it served as we looked. */
  readonly homes: readonly Place[];
  /** Undefined where it does not say. */
  readonly intervalSeconds: number | undefined;
  /** One process for every session of this user: it goes, and comes again, as that. */
  readonly isForAll: boolean;
}

interface Serving {
  readonly place: Place;
  readonly running: RunningDaemon;
}

/** @throws {WireError} unreadable */
export async function runningDaemons(
  context: ClientContext,
  own: Place,
  scope: "this home" | "all sessions",
): Promise<readonly PlannedDaemon[]> {
  const { platform: { processes } } = context;
  const ours = await runningDaemon(own.home);
  const isShared = ours !== undefined && await isForAll(processes, ours);
  if (scope === "this home" && !isShared) {
    return ours === undefined ? [] : [planned(ours, [own], { isForAll: false, others: [] })];
  }
  const places = await allPlaces(context, own);
  const serving: Serving[] = [];
  for (const place of places) {
    const running = await runningDaemon(place.home);
    if (running === undefined || (scope === "this home" && running.pid !== ours?.pid)) continue;
    serving.push({ place, running });
  }
  const byPid = Map.groupBy(serving, ({ running }) => running.pid);
  const found: PlannedDaemon[] = [];
  for (const group of byPid.values()) {
    const [first] = group;
    if (first === undefined) continue;
    const shape = { isForAll: await isForAll(processes, first.running), others: places };
    found.push(planned(first.running, group.map(({ place }) => place), shape));
  }
  return found;
}

function planned(
  { pid, holder }: RunningDaemon,
  homes: readonly Place[],
  { isForAll, others }: { readonly isForAll: boolean; readonly others: readonly Place[] },
): PlannedDaemon {
  const call = daemonCall(holder);
  const caller = others.find(({ home }) => call?.calledIn === markOf(home));
  // Whoever does not say so was called in the user's own home more likely than in a session.
  const [first] = homes;
  const calledIn = caller ?? homes.find(({ directory }) => directory === undefined) ?? first;
  if (calledIn === undefined) throw new TypeError("a daemon that serves no home");
  return { pid, calledIn, homes, intervalSeconds: call?.intervalSeconds, isForAll };
}

/** Ours first; then the system's own, the home that holds the sessions, and they by their names. */
async function allPlaces(
  { platform }: ClientContext,
  own: Place,
): Promise<readonly Place[]> {
  const sessions = await Sessions.open(platform);
  const above = path.basename(sessions.root) === "sessions" ? [path.dirname(sessions.root)] : [];
  const system = platform.env.homeDirectory === undefined ? [] : [placeOf(platform, undefined)];
  const named = [...above, ...(await sessions.list()).map(({ directory }) => directory)];
  const all = [own, ...system, ...named.map((directory) => placeOf(platform, directory))];
  return all.filter((place, at) => all.findIndex((other) => isSamePlace(other, place)) === at);
}

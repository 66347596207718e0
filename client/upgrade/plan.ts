/**
 * Which daemons are to be restarted, and what each serves: written down before the first is stopped, in
 * `state/wire/upgrade-plan.json` of the home that asked, so that a run which was killed is gone on with.
 */
import path from "node:path";
import { z } from "zod";
import { unreadable } from "../../platform/file_errors.ts";
import { prettyJson } from "../../protocol/json/print.ts";
import { plain } from "../../protocol/json/value.ts";
import type { Home } from "../../store/home/home.ts";
import { readJsonObject } from "../../store/home/json_file.ts";
import type { ClientContext } from "../context.ts";
import { type PlannedDaemon, runningDaemons } from "./fleet.ts";
import { isSamePlace, ownPlace, type Place, placeOf } from "./place.ts";

export interface PlanOptions {
  readonly scope: "this home" | "all sessions";
  readonly write: "the plan" | "nothing";
}

export interface Planned {
  readonly own: Place;
  readonly daemons: readonly PlannedDaemon[];
}

/** WIRE_HOME; null for the system's own place. */
const Directory = z.string().refine((text) => path.isAbsolute(text)).nullable();
const Plan = z.object({
  daemons: z.array(z.object({
    called_in: Directory,
    homes: z.array(Directory),
    interval: z.int().positive().nullable(),
    all_sessions: z.boolean(),
  })),
});

const pathIn = ({ paths }: Home): string => path.join(paths.stateRoot, "upgrade-plan.json");

/**
 * What runs, and what ran when an earlier run was cut off and runs no more.
 * @throws {WireError} unreadable, write_failed
 */
export async function plannedDaemons(
  context: ClientContext,
  { scope, write }: PlanOptions,
): Promise<Planned> {
  const { home } = context;
  const own = ownPlace(home);
  const running = await runningDaemons(context, own, scope);
  const planned = await readPlan(context);
  const now = planned.length === 0 ? [] : await runningDaemons(context, own, "all sessions");
  const daemons = [...running, ...planned.flatMap((daemon) => missing(daemon, now))];
  // Our own, alone, is there again after the next run of any kind.
  const isMore = daemons.some(({ homes }) => homes.some((place) => !isSamePlace(place, own)));
  if (write === "the plan" && isMore) await writePlan(home, daemons);
  return { own, daemons };
}

/** What of it runs no more; whoever serves all sessions takes up what it has not yet, without a second one. */
function missing(
  daemon: PlannedDaemon,
  now: readonly PlannedDaemon[],
): readonly PlannedDaemon[] {
  const isBack = now.some(({ isForAll, calledIn }) =>
    isForAll && daemon.isForAll && isSamePlace(calledIn, daemon.calledIn)
  );
  const served = now.flatMap(({ homes }) => homes);
  const homes = daemon.homes.filter((place) => !served.some((one) => isSamePlace(one, place)));
  return isBack || homes.length === 0 ? [] : [{ ...daemon, homes }];
}

async function writePlan(home: Home, daemons: readonly PlannedDaemon[]): Promise<void> {
  const plan: z.output<typeof Plan> = {
    daemons: daemons.map(({ calledIn, homes, intervalSeconds, isForAll }) => ({
      called_in: calledIn.directory ?? null,
      homes: homes.map(({ directory }) => directory ?? null),
      interval: intervalSeconds ?? null,
      all_sessions: isForAll,
    })),
  };
  await home.ensureRoots();
  await home.platform.files.writeAtomic(pathIn(home), prettyJson(plan), { point: "upgrade.plan" });
}

/** Everything planned is done. */
export async function forgetPlan(home: Home): Promise<void> {
  await home.platform.files.remove(pathIn(home), { point: "upgrade.done" });
}

async function readPlan({ home, platform }: ClientContext): Promise<readonly PlannedDaemon[]> {
  const file = pathIn(home);
  const value = await readJsonObject(home.platform.files, file);
  if (value === undefined) return [];
  const result = Plan.safeParse(plain(value));
  if (!result.success) throw unreadable(file, "it holds no plan of wire upgrade");
  return result.data.daemons.map(({ called_in, homes, interval, all_sessions }) => ({
    pid: undefined,
    calledIn: placeOf(platform, called_in ?? undefined),
    homes: homes.map((directory) => placeOf(platform, directory ?? undefined)),
    intervalSeconds: interval ?? undefined,
    isForAll: all_sessions,
  }));
}

/**
 * Which homes have a daemon that is to be restarted: written down before the first is stopped, in
 * `state/wire/upgrade-plan.json` of the home that asked, so that a run which was killed is gone on with.
 */
import path from "node:path";
import { z } from "zod";
import { homeBelow, namedHome } from "../../platform/paths.ts";
import { unreadable } from "../../platform/file_errors.ts";
import { prettyJson } from "../../protocol/json/print.ts";
import { plain } from "../../protocol/json/value.ts";
import { Home } from "../../store/home/home.ts";
import { readJsonObject } from "../../store/home/json_file.ts";
import { Sessions } from "../../store/sessions/sessions.ts";
import type { ClientContext } from "../context.ts";
import { runningDaemon } from "../stop_daemon.ts";

export interface ServedHome {
  /** What WIRE_HOME names for it; undefined for the home that asked, however it is found. */
  readonly directory: string | undefined;
  readonly home: Home;
  /** The daemon that is to give way; undefined when none ran as we looked. */
  readonly pid: number | undefined;
}

/** One process for every session of this user: it goes, and comes again, for all of them. */
export const ALL_SESSIONS = "--all-sessions";

/** By WIRE_HOME: the daemon. */
type Served = Map<string, number | undefined>;

export interface PlanOptions {
  readonly scope: "this home" | "all sessions";
  readonly write: "the plan" | "nothing";
}

const Plan = z.object({ sessions: z.array(z.string()) });

const pathIn = ({ paths }: Home): string => path.join(paths.stateRoot, "upgrade-plan.json");

/**
 * This home first, whether it has a daemon or not; then sessions that have one, or had one when an
 * earlier run was cut off.
 * @throws {WireError} unreadable, write_failed
 */
export async function homesToServe(
  context: ClientContext,
  { scope, write }: PlanOptions,
): Promise<readonly ServedHome[]> {
  const { home, platform } = context;
  const own = await runningDaemon(home);
  const pids = await servedSessions(context, {
    scope,
    shared: await isForAll(home, own?.pid) ? own?.pid : undefined,
  });
  // Of an earlier run that was cut off: one that has a daemon now is well.
  for (const left of await readPlan(home)) if (!pids.has(left)) pids.set(left, undefined);
  const sessions = [...pids.keys()].sort();
  if (write === "the plan" && sessions.length > 0) {
    await home.ensureRoots();
    await platform.files.writeAtomic(pathIn(home), prettyJson({ sessions }), {
      point: "upgrade.plan",
    });
  }
  const others = sessions.map((directory): ServedHome => ({
    directory,
    home: new Home(platform, homeBelow(platform.env, directory)),
    pid: pids.get(directory),
  }));
  return [{ directory: namedHome(platform.env), home, pid: own?.pid }, ...others];
}

/** Everything planned is done. */
export async function forgetPlan(home: Home): Promise<void> {
  await home.platform.files.remove(pathIn(home), { point: "upgrade.done" });
}

async function readPlan(home: Home): Promise<readonly string[]> {
  const file = pathIn(home);
  const value = await readJsonObject(home.platform.files, file);
  if (value === undefined) return [];
  const result = Plan.safeParse(plain(value));
  if (!result.success) throw unreadable(file, "it holds no plan of wire upgrade");
  // Ours is never among them, and a path that is not absolute is nobody's.
  return result.data.sessions.filter((directory) => path.isAbsolute(directory));
}

async function isForAll({ platform }: Home, pid: number | undefined): Promise<boolean> {
  const line = pid === undefined ? undefined : await platform.processes.commandLine(pid);
  return line?.includes(ALL_SESSIONS) === true;
}

/** @param shared the daemon of this home, if it serves others too: then they are without it as well */
async function servedSessions(
  { home, platform }: ClientContext,
  { scope, shared }: { readonly scope: PlanOptions["scope"]; readonly shared: number | undefined },
): Promise<Served> {
  const found: Served = new Map();
  if (scope === "this home" && shared === undefined) return found;
  for (const { directory, home: session } of await (await Sessions.open(platform)).list()) {
    if (session.paths.configRoot === home.paths.configRoot) continue;
    const running = await runningDaemon(session);
    if (running === undefined || (scope === "this home" && running.pid !== shared)) continue;
    found.set(directory, running.pid);
  }
  return found;
}

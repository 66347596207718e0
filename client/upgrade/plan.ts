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
}

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
  const left = await readPlan(home);
  const names = new Set(left);
  if (scope === "all sessions") {
    for (const name of await servedSessions(context)) {
      names.add(name);
    }
  }
  const sessions = [...names].sort();
  if (write === "the plan" && sessions.length > 0) {
    await home.ensureRoots();
    await platform.files.writeAtomic(pathIn(home), prettyJson({ sessions }), {
      point: "upgrade.plan",
    });
  }
  const own = { directory: namedHome(platform.env), home };
  const others = sessions.map((directory): ServedHome => ({
    directory,
    home: new Home(platform, homeBelow(platform.env, directory)),
  }));
  return [own, ...others];
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

async function servedSessions({ home, platform }: ClientContext): Promise<string[]> {
  const sessions = await (await Sessions.open(platform)).list();
  const found: string[] = [];
  for (const { directory, home: session } of sessions) {
    if (session.paths.configRoot === home.paths.configRoot) continue;
    if (await runningDaemon(session) !== undefined) found.push(directory);
  }
  return found;
}

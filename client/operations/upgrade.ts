/**
 * Puts the running daemons on this version of the program: what is planned is written down, each home
 * is without its daemon for a moment, and at the end the same set is alive (lesson 41). Only our own
 * daemons, found by their locks. See docs/protocol/cli.md §7.5.
 */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { VERSION } from "../../protocol/version.ts";
import { daemonSnapshot } from "../../store/home/daemon_state.ts";
import type { Home } from "../../store/home/home.ts";
import type { ClientContext } from "../context.ts";
import type { Operation } from "../operation.ts";
import { runningDaemon } from "../stop_daemon.ts";
import type { PlannedDaemon } from "../upgrade/fleet.ts";
import { forgetPlan, type Planned, plannedDaemons } from "../upgrade/plan.ts";
import { isSamePlace, type Place } from "../upgrade/place.ts";
import { restartDaemon } from "../upgrade/restart.ts";

const UpgradeInput = z.object({
  /** Only say what would be done. */
  check: z.boolean().optional(),
  /** The daemons of this user's sessions, too. */
  allSessions: z.boolean().optional(),
});

const Daemon = z.object({
  /** WIRE_HOME; null for the system's own place. */
  home: z.string().nullable(),
  pid: z.int(),
  version: z.string().nullable(),
});

const UpgradeCheck = z.object({
  cli_version: z.string(),
  pidfile_version: z.string().nullable(),
  running_pids: z.array(z.int()),
  would_kill: z.array(z.int()),
  daemons: z.array(Daemon),
});

const Upgraded = z.object({
  cli_version: z.string(),
  killed: z.array(z.int()),
  /** Of this home. */
  new_pid: z.int().nullable(),
  new_version: z.string().nullable(),
  spawned_fresh_daemon: z.boolean(),
  daemons: z.array(Daemon),
});

const UpgradeOutput = z.union([Upgraded, UpgradeCheck]);
type UpgradeOutput = z.output<typeof UpgradeOutput>;

/**
 * Nothing is downloaded. A daemon of 0.5.19 is not ours, and is left alone.
 * @throws {WireError} refused, timed_out, unreadable, locked, write_failed: what was planned is done
 * by the next run
 */
export const upgrade = {
  input: UpgradeInput,
  output: UpgradeOutput,
  async run(context, { check = false, allSessions = false }): Promise<UpgradeOutput> {
    const scope = allSessions ? "all sessions" : "this home";
    return check ? await lookOnly(context, scope) : await restartAll(context, scope);
  },
} satisfies Operation<typeof UpgradeInput, typeof UpgradeOutput>;

/** For a record of the daemon that holds the lock. */
const RECORD_MS = 2_000;
const POLL_MS = 20;

async function lookOnly(
  context: ClientContext,
  scope: "all sessions" | "this home",
): Promise<UpgradeOutput> {
  const planned = await plannedDaemons(context, { scope, write: "nothing" });
  const daemons = (await Promise.all(homesOf(planned).map(daemonOf))).flat();
  const { pidFile, foreign } = await daemonSnapshot(context.home);
  const pids = [...new Set(daemons.map(({ pid }) => pid))];
  return {
    cli_version: VERSION,
    pidfile_version: pidFile.tag === "record" ? pidFile.record.version : null,
    running_pids: [...pids, ...(foreign === undefined ? [] : [foreign.pid])],
    would_kill: pids,
    daemons,
  };
}

async function restartAll(
  context: ClientContext,
  scope: "all sessions" | "this home",
): Promise<UpgradeOutput> {
  const planned = await plannedDaemons(context, { scope, write: "the plan" });
  const { own } = planned;
  const killed = new Set<number>();
  let spawned = false;
  let isWhole = true;
  for (const daemon of planned.daemons) {
    const isOurs = daemon.homes.some((place) => isSamePlace(place, own));
    try {
      const done = await restartDaemon(context, daemon);
      if (done.killed !== undefined) killed.add(done.killed);
      if (isOurs) spawned = done.spawned;
      for (const place of done.without) {
        isWhole = false;
        context.warn(
          `${nameOf(place)}: had a daemon, and has none yet; wire doctor there says why`,
        );
      }
    } catch (error) {
      if (isOurs || !(error instanceof WireError)) throw error;
      isWhole = false; // one that cannot be restarted must not keep the others on the old program
      context.warn(`${nameOf(daemon.calledIn)}: ${error.message}`);
    }
  }
  const isNone = await runningDaemon(own.home) === undefined;
  if (isNone) spawned = (await restartDaemon(context, soleDaemon(own))).spawned;
  // Read again: that it was started is no evidence that it is there (P2).
  const daemons = (await Promise.all(homesOf(planned).map(daemonOf))).flat();
  if (isWhole) await forgetPlan(context.home);
  const now = await runningDaemon(context.home);
  return {
    cli_version: VERSION,
    killed: [...killed],
    new_pid: now?.pid ?? null,
    new_version: daemons.find(({ pid }) => pid === now?.pid)?.version ?? null,
    spawned_fresh_daemon: spawned,
    daemons,
  };
}

/** For a home that had none: 0.5.19 starts one, too. */
const soleDaemon = (place: Place): PlannedDaemon => ({
  pid: undefined,
  calledIn: place,
  homes: [place],
  intervalSeconds: undefined,
  isForAll: false,
});

/** Ours first, whether it has a daemon or not. */
function homesOf({ own, daemons }: Planned): readonly Place[] {
  const all = [own, ...daemons.flatMap(({ homes }) => homes)];
  return all.filter((place, at) => all.findIndex((other) => isSamePlace(other, place)) === at);
}

const nameOf = ({ directory, home }: Place): string => directory ?? home.paths.configRoot;

async function daemonOf({ directory, home }: Place): Promise<z.output<typeof Daemon>[]> {
  const running = await runningDaemon(home);
  if (running === undefined) return [];
  const version = await recordedVersion(home, running.pid);
  return [{ home: directory ?? null, pid: running.pid, version }];
}

/** A daemon writes its record just after it has taken the lock. */
async function recordedVersion(home: Home, pid: number): Promise<string | null> {
  const { clock } = home.platform;
  const giveUpAt = clock.monotonic() + RECORD_MS;
  for (;;) {
    const { pidFile } = await daemonSnapshot(home);
    if (pidFile.tag === "record" && pidFile.record.pid === pid) return pidFile.record.version;
    if (clock.monotonic() >= giveUpAt) return null;
    await clock.sleep(POLL_MS);
  }
}

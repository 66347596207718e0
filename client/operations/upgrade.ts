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
import { isServedSoon } from "../service/take_over.ts";
import { runningDaemon } from "../stop_daemon.ts";
import { forgetPlan, homesToServe, type ServedHome } from "../upgrade/plan.ts";
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
  const served = await homesToServe(context, { scope, write: "nothing" });
  const daemons = (await Promise.all(served.map(daemonOf))).flat();
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
  const served = await homesToServe(context, { scope, write: "the plan" });
  const killed = new Set<number>();
  const [own, ...sessions] = served;
  const done = own === undefined ? undefined : await restartDaemon(context, own);
  if (done?.killed !== undefined) killed.add(done.killed);
  let isWhole = true;
  for (const session of sessions) {
    try {
      // One process may have served both, and so does the one that came after it.
      const isBack = session.pid !== undefined && killed.has(session.pid) &&
        await isServedSoon({ ...context, home: session.home });
      const pid = isBack ? undefined : (await restartDaemon(context, session)).killed;
      if (pid !== undefined) killed.add(pid);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      isWhole = false; // one that cannot be restarted must not keep the others on the old program
      context.warn(`${session.directory}: ${error.message}`);
    }
  }
  // Read again: that it was started is no evidence that it is there (P2).
  const daemons = (await Promise.all(served.map(daemonOf))).flat();
  if (isWhole) await forgetPlan(context.home);
  const now = await runningDaemon(context.home);
  return {
    cli_version: VERSION,
    killed: [...killed],
    new_pid: now?.pid ?? null,
    new_version: daemons.find(({ pid }) => pid === now?.pid)?.version ?? null,
    spawned_fresh_daemon: done?.spawned ?? false,
    daemons,
  };
}

async function daemonOf({ directory, home }: ServedHome): Promise<z.output<typeof Daemon>[]> {
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

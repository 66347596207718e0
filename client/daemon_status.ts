/**
 * How the daemon of this home is: the one answer behind every surface (lesson 35). Whether it runs says
 * the lock that it holds; how it is it says itself, and where it does not answer, its files do.
 */
import { z } from "zod";
import { LiveProblem, LiveRest, type LiveStatus } from "../protocol/schemas/live.ts";
import { VERSION } from "../protocol/version.ts";
import { type DaemonSnapshot, daemonSnapshot } from "../store/home/daemon_state.ts";
import { readTransports, TransportRecord } from "../store/home/transports.ts";
import type { ClientContext } from "./context.ts";

const Versions = z.object({ cli: z.string(), daemon: z.string() });

export const DaemonStatus = z.object({
  running: z.boolean(),
  pid: z.int().nullable(),
  all_running_pids: z.array(z.int()),
  /** Live daemons of other programs beside ours. */
  orphans: z.array(z.int()),
  version: z.string().optional(),
  bin_path: z.string().optional(),
  did: z.string().nullable().optional(),
  relay_url: z.string().nullable().optional(),
  started_at: z.string().optional(),
  schema: z.string().optional(),
  version_mismatch: Versions.optional(),
  pidfile_form: z.literal("legacy-int").optional(),
  /** How a running one hears of mail, mailbox by mailbox, and why not by a WebSocket. */
  transports: z.array(TransportRecord).optional(),
  /** Whether a running one answers at its local socket; what follows it says itself. */
  answers: z.boolean().optional(),
  /** When its last full round ended. */
  round_at: z.string().nullable().optional(),
  /** Mailboxes of peers that it leaves alone for a while, because they failed. */
  resting: z.array(LiveRest).optional(),
  /** What failed last, and has not gone well since. */
  last_error: LiveProblem.nullable().optional(),
});
export type DaemonStatus = z.infer<typeof DaemonStatus>;

/** @throws {WireError} unreadable */
export async function daemonStatus(context: ClientContext): Promise<DaemonStatus> {
  const { home } = context;
  const snapshot = await daemonSnapshot(home);
  const written = fromFiles(snapshot);
  if (!snapshot.running) return written;
  const live = await saidByOurs(context, snapshot);
  // What a daemon that is gone left written says nothing.
  const transports = live?.mailboxes ?? await readTransports(home);
  return {
    ...written,
    ...(transports.length === 0 ? {} : { transports: [...transports] }),
    answers: live !== undefined,
    ...(live === undefined ? {} : whatItSays(live)),
  };
}

/** @returns undefined also for the words of another home's daemon */
async function saidByOurs(
  { daemon, home }: ClientContext,
  { pid }: DaemonSnapshot,
): Promise<LiveStatus | undefined> {
  const live = await daemon.status();
  if (live === undefined || live.pid !== pid) return undefined;
  const isOurs = await home.isInitialized() && (await home.readIdentity()).did === live.did;
  return isOurs ? live : undefined;
}

function whatItSays({ version, round_at, resting, last_error }: LiveStatus): Partial<DaemonStatus> {
  const mismatch = { version_mismatch: { cli: VERSION, daemon: version } };
  return { ...(version === VERSION ? {} : mismatch), version, round_at, resting, last_error };
}

function fromFiles(snapshot: DaemonSnapshot): DaemonStatus {
  const { running, pid, foreign, pidFile } = snapshot;
  const pids = new Set([
    ...(running && pid !== null ? [pid] : []),
    ...foreign ? [foreign.pid] : [],
  ]);
  const status = {
    running,
    pid,
    all_running_pids: [...pids],
    orphans: [...pids].filter((other) => other !== pid),
  };
  if (pidFile.tag === "legacy") {
    const mismatch = { cli: VERSION, daemon: "<pre-0.5.11>" };
    return { ...status, pidfile_form: "legacy-int", version_mismatch: mismatch };
  }
  if (pidFile.tag !== "record") return status;
  const { version, bin_path, started_at, schema, did, relay_url } = pidFile.record;
  return {
    ...status,
    version,
    bin_path,
    did: did ?? null,
    relay_url: relay_url ?? null,
    started_at,
    schema,
    ...(version === VERSION ? {} : { version_mismatch: { cli: VERSION, daemon: version } }),
  };
}

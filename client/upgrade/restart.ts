/** One home's daemon, ended and begun again with this program, in the way in which it ran. */
import { WireError } from "../../protocol/errors.ts";
import type { ClientContext } from "../context.ts";
import { isServedSoon } from "../service/take_over.ts";
import { runningDaemon, stopDaemon } from "../stop_daemon.ts";
import { ensureDaemon } from "../sync/ensure_daemon.ts";
import { refuseForeignDaemon } from "../sync/round_lock.ts";
import { ALL_SESSIONS, type ServedHome } from "./plan.ts";
import { serviceOfDaemon } from "./service_of_daemon.ts";

export interface Restarted {
  /** The daemon that ran before. */
  readonly killed: number | undefined;
  /** Whether another one was started. */
  readonly spawned: boolean;
}

/**
 * Safe to repeat. A home without an identity gets no daemon; one whose daemon came up after we looked
 * has the new program already.
 * @throws {WireError} locked, when a daemon of 0.5.19 works there; refused, timed_out, unreadable
 */
export async function restartDaemon(
  context: ClientContext,
  served: ServedHome,
): Promise<Restarted> {
  const { home, pid } = served;
  await refuseForeignDaemon(home, "wire upgrade");
  const isOld = pid !== undefined && (await runningDaemon(home))?.pid === pid;
  const service = isOld ? await serviceOfDaemon(context, served, pid) : undefined;
  const line = isOld ? await home.platform.processes.commandLine(pid) : undefined;
  const killed = isOld ? await stopDaemon(home) : undefined;
  if (!await home.isInitialized()) return { killed, spawned: false };
  if (service !== undefined) {
    const problem = await service.enable();
    if (problem === undefined && await isServedSoon({ ...context, home })) {
      return { killed, spawned: true };
    }
    context.warn(`the service did not start again: ${problem ?? "no daemon came up"}`);
  }
  return { killed, spawned: await begin(context, served, line ?? []) };
}

/** @param line how the one before was called: one that serves all sessions does so again */
async function begin(
  context: ClientContext,
  { directory, home }: ServedHome,
  line: readonly string[],
): Promise<boolean> {
  const env = directory === undefined ? {} : { env: { WIRE_HOME: directory } };
  const at = line.indexOf("daemon");
  if (at === -1 || !line.includes(ALL_SESSIONS)) {
    return (await ensureDaemon({ ...context, home }, env)).spawned;
  }
  const pid = await context.platform.processes.spawnSelf({ ...env, args: line.slice(at) });
  if (await isServedSoon({ ...context, home })) return true;
  throw new WireError("timed_out", `Cannot start the daemon: process ${pid} did not come up`, {
    hint: "run `wire daemon` to see why",
  });
}

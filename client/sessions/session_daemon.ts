/**
 * The daemon of one session: started in the background, and stopped before the session goes. It runs
 * when it holds the home's lock, and not before.
 */
import path from "node:path";
import type { FileLock } from "../../platform/files.ts";
import { WireError } from "../../protocol/errors.ts";
import { daemonSnapshot } from "../../store/home/daemon_state.ts";
import type { Session } from "../../store/sessions/sessions.ts";
import type { ClientContext } from "../context.ts";
import { isForAll, runningDaemon } from "../stop_daemon.ts";
import { ensureDaemon } from "../sync/ensure_daemon.ts";
import { sessionContext } from "./session_context.ts";

const POLL_MS = 20;
const STOP_DEADLINE_MS = 8_000;

/** Where its daemon writes what it would write to a terminal. */
export const daemonLog = ({ home: { paths } }: Session): string =>
  path.join(paths.stateRoot, "daemon.log");

/**
 * Starts it unless one serves the session. One that does not come up is told with the file to read;
 * the session stands all the same.
 * @returns whether a daemon serves the session now
 */
export async function startSessionDaemon(
  context: ClientContext,
  session: Session,
): Promise<boolean> {
  const logFile = daemonLog(session);
  await session.home.ensureRoots();
  try {
    await ensureDaemon(sessionContext(context, session), {
      env: { WIRE_HOME: session.directory },
      logFile,
    });
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    context.warn(`warn: ${error.message}; what it said: ${logFile}`);
  }
  return (await daemonSnapshot(session.home)).running;
}

/**
 * Ends the session's daemon and takes its place, so that none begins again meanwhile. The caller holds the
 * session's lock to destroy it.
 * @throws {WireError} locked, naming who does not end
 */
export async function stopSessionDaemon(
  { platform: { processes, clock } }: ClientContext,
  { name, home }: Session,
): Promise<FileLock> {
  const { running, foreign, pid } = await daemonSnapshot(home);
  const serving = foreign?.pid ?? (running ? pid : null);
  // One that serves others too lets go by itself of what is to be destroyed.
  const ours = await runningDaemon(home);
  const isShared = ours !== undefined && await isForAll(processes, ours);
  if (serving !== null && !isShared) {
    await processes.signal(serving, "SIGTERM");
    const giveUpAt = clock.monotonic() + STOP_DEADLINE_MS;
    while (await processes.isAlive(serving)) {
      if (clock.monotonic() >= giveUpAt) {
        throw new WireError(
          "locked",
          `Cannot destroy session ${name}: process ${serving} lives on`,
          {
            hint: `it was told to end; to end it: kill -9 ${serving}`,
          },
        );
      }
      await clock.sleep(POLL_MS);
    }
  }
  return await home.lockDaemon("wire session destroy", { deadlineMs: STOP_DEADLINE_MS });
}

/**
 * The home's daemon.lock for one synchronous round of a command, when there is no daemon.
 * See docs/architecture.md, "Processes".
 */
import { WireError } from "../../protocol/errors.ts";
import { DAEMON_OWNER, liveForeignDaemon } from "../../store/home/daemon_state.ts";
import type { Home } from "../../store/home/home.ts";
import type { ClientContext } from "../context.ts";

/** How long a command waits for another command's round. */
const ROUND_DEADLINE_MS = 2_000;

/**
 * @param command as people type it: what others who wait are shown
 * @param hint what to do when a daemon serves the home
 * @throws {WireError} locked, naming who works on this home
 */
export async function withRoundLock<T>(
  { home }: ClientContext,
  command: string,
  work: () => Promise<T>,
  hint = "the daemon pushes and pulls by itself; wire status shows how far it is",
): Promise<T> {
  const holder = await home.platform.files.lockHolder(home.file.daemonLock);
  const isDaemon = holder?.startsWith(DAEMON_OWNER) === true;
  if (isDaemon) {
    throw new WireError("locked", `Cannot run ${command}: ${holder} serves this home`, { hint });
  }
  await using _lock = await home.lockDaemon(command, { deadlineMs: ROUND_DEADLINE_MS });
  await refuseForeignDaemon(home, command);
  return await work();
}

/** @throws {WireError} locked, if a daemon of 0.5.19 works on the home: two writers lose mail */
export async function refuseForeignDaemon(home: Home, command: string): Promise<void> {
  const foreign = await liveForeignDaemon(home);
  if (foreign === undefined) return;
  const name = `a daemon of wire ${foreign.version ?? "before 0.5.11"} (pid ${foreign.pid})`;
  throw new WireError("locked", `Cannot run ${command}: ${name} works on this home`, {
    hint: `stop it first: kill ${foreign.pid}`,
  });
}

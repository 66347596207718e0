/** Starts what shows new mail on the desktop, unless it runs. See docs/protocol/mcp.md §8. */
import type { ClientContext } from "../client/context.ts";
import { runningNotifier } from "../client/notify/user_lock.ts";
import { WireError } from "../protocol/errors.ts";

const POLL_MS = 20;
const READY_DEADLINE_MS = 3_000;

/** @returns in the words of 0.5.19, and only what was seen: running means that it holds its lock, or the user's */
export async function ensureNotifier(context: ClientContext): Promise<string> {
  const { home, platform: { env, processes, clock } } = context;
  const isRunning = async (): Promise<boolean> => await runningNotifier(home) !== undefined;
  if (env.get("WIRE_MCP_SKIP_AUTO_UP") !== undefined || await isRunning()) return "already_running";
  const wireHome = env.get("WIRE_HOME");
  const named = wireHome ? { env: { WIRE_HOME: wireHome } } : {};
  try {
    const pid = await processes.spawnSelf({ args: ["notify"], ...named });
    const giveUpAt = clock.monotonic() + READY_DEADLINE_MS;
    while (clock.monotonic() < giveUpAt && await processes.isAlive(pid)) {
      if (await isRunning()) return "spawned";
      await clock.sleep(POLL_MS);
    }
    return `spawn_error: process ${pid} did not come up; run wire notify to see why`;
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return `spawn_error: ${error.message}`;
  }
}

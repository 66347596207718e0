/** The daemon of `wire up`: started, or the one that holds the home's lock. */
import { VERSION } from "../../protocol/version.ts";
import { daemonSnapshot } from "../../store/home/daemon_state.ts";
import type { ClientContext } from "../context.ts";
import { ensureDaemon } from "../sync/ensure_daemon.ts";
import { type UpStep, warningOf } from "./step.ts";

const stage = "daemon";

/** Without a daemon everything else is in place: a failure is a warning. */
export async function daemonStep(context: ClientContext): Promise<UpStep> {
  try {
    const { spawned } = await ensureDaemon(context);
    const { running, pid, foreign, pidFile } = await daemonSnapshot(context.home);
    if (!running) {
      const isOff = context.platform.env.get("WIRE_MCP_SKIP_AUTO_UP") !== undefined;
      const why = isOff ? "WIRE_MCP_SKIP_AUTO_UP is set" : "it did not stay up";
      return { stage, detail: `WARNING no daemon runs: ${why}; wire daemon`, status: "warning" };
    }
    if (foreign !== undefined) {
      const detail = `WARNING a daemon of another program serves this home (pid ${foreign.pid})`;
      return { stage, detail, status: "warning" };
    }
    const version = pidFile.tag === "record" ? pidFile.record.version : VERSION;
    if (version !== VERSION) {
      const detail = `WARNING the daemon (pid ${pid}) is version ${version}, this is ${VERSION}; ` +
        "wire upgrade";
      return { stage, detail, status: "warning" };
    }
    return spawned
      ? { stage, detail: `started in the background (pid ${pid})`, status: "done" }
      : { stage, detail: `already running (pid ${pid})`, status: "already" };
  } catch (error) {
    return warningOf(stage, error, "no daemon runs: ");
  }
}

/** `wire upgrade`: the running daemons, on this version of the program. */
import { upgrade } from "../../client/operations/upgrade.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";
import { flag } from "../options.ts";

export const command = {
  operation: upgrade,
  usage: "",
  options: {
    check: flag("only say what would be done"),
    allSessions: flag("the daemons of all sessions of this user, too"),
  },
  examples: ["wire upgrade --check", "wire upgrade", "wire upgrade --all-sessions"],
  toInput: (_, { check, allSessions }) => ({ check, allSessions }),
  render(output, ui) {
    ui.field("this version", output.cli_version);
    for (const { home, pid, version } of output.daemons) {
      const where = home === null ? "the user's own home" : visible(home);
      ui.field("daemon", `pid ${pid}, version ${visible(version ?? "unknown")}, of ${where}`);
    }
    if (output.daemons.length === 0) ui.field("daemon", "none runs");
    if ("would_kill" in output) {
      const { would_kill } = output;
      const foreign = output.running_pids.filter((pid) => !would_kill.includes(pid));
      for (const pid of foreign) ui.line(`pid ${pid} is the daemon of another program: left alone`);
      ui.line(
        would_kill.length === 0 ? "nothing to restart" : `would restart ${would_kill.join(", ")}`,
      );
      return;
    }
    const { killed } = output;
    ui.line(killed.length === 0 ? "none was stopped" : `stopped ${killed.join(", ")}`);
  },
} satisfies Command<typeof upgrade>;

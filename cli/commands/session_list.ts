/** `wire session list`: every session of this machine. */
import { sessionList } from "../../client/operations/session_list.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";

export const command = {
  operation: sessionList,
  usage: "",
  options: {},
  examples: ["wire session list", "wire session list --json"],
  toInput: () => ({}),
  render(rows, ui) {
    if (rows.length === 0) {
      ui.line("no sessions on this machine; in a project's directory: wire session new");
      return;
    }
    ui.table(
      ["NAME", "HANDLE", "DAEMON", "CWD"],
      rows.map(({ name, handle, daemon_running, cwd }) => [
        name,
        visible(handle ?? "-"),
        daemon_running ? "running" : "down",
        visible(cwd ?? "-"),
      ]),
    );
    for (const { name, problem } of rows) {
      if (problem !== undefined) ui.note(`warn: session ${name}: ${visible(problem)}`);
    }
  },
} satisfies Command<typeof sessionList>;

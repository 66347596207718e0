/** `wire session list-local`: which sessions meet on which relay of this machine. */
import { sessionListLocal } from "../../client/operations/session_list_local.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";

export const command = {
  operation: sessionListLocal,
  usage: "",
  options: {},
  examples: ["wire session list-local", "wire session list-local --json"],
  toInput: () => ({}),
  render({ local, federation_only }, ui) {
    const relays = Object.entries(local);
    if (relays.length === 0) {
      ui.line(
        "no session has a local mailbox; in a project's directory: wire session new --with-local",
      );
    }
    for (const [relay, sessions] of relays) {
      ui.line(visible(relay));
      for (const { name, handle, daemon_running, cwd } of sessions) {
        const daemon = daemon_running ? "running" : "down";
        ui.line(`  ${name}  ${visible(handle ?? "-")}  daemon ${daemon}  ${visible(cwd ?? "-")}`);
      }
    }
    if (federation_only.length === 0) return;
    ui.line("federation only");
    for (const { name, handle, cwd } of federation_only) {
      ui.line(`  ${name}  ${visible(handle ?? "-")}  ${visible(cwd ?? "-")}`);
    }
  },
} satisfies Command<typeof sessionListLocal>;

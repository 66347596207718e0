/** `wire setup`: lets agent hosts start our tool server. */
import { setup, type SetupRow } from "../../client/operations/setup.ts";
import { visible, visibleWhole } from "../../protocol/text/visible.ts";
import type { Command } from "../command.ts";
import { flag, list } from "../options.ts";
import type { Ui } from "../ui/ui.ts";

export const command = {
  operation: setup,
  usage: "",
  options: {
    apply: flag("write it into the hosts' files; without, it is only shown"),
    undo: flag("take back what setup wrote"),
    replace: flag("replace another command that stands there, too"),
    withHome: flag("in this project's files, name the home of WIRE_HOME"),
    host: list("id", "only this host; may be repeated"),
  },
  examples: [
    "wire setup",
    "wire setup --apply",
    "wire setup --apply --host claude-code --host cursor",
    "wire setup --undo",
  ],
  toInput: (_, { apply, undo, replace, withHome, host }) => ({
    apply,
    undo,
    replace,
    withHome,
    hosts: host,
  }),
  render({ server, applied, undone, hosts, notes }, ui) {
    if (!undone) ui.field("server", [server.command, ...server.args].map(shellWord).join(" "));
    const shown = hosts.filter(({ status }) => status !== "absent");
    if (shown.length > 0) {
      ui.table(
        ["HOST", "STATUS", "FILE"],
        shown.map(({ name, status, file }) => [name, STATUS[status], visibleWhole(file)]),
      );
    } else ui.line(undone ? "setup has written nothing that is still there" : "no host is here");
    for (const row of shown) renderMore(row, ui);
    const absent = hosts.filter(({ status }) => status === "absent");
    if (absent.length > 0) ui.note(`not here: ${absent.map(({ name }) => name).join(", ")}`);
    for (const note of undone ? [] : notes) ui.note(`note: ${note}`);
    if (!applied && shown.some(({ status }) => status.startsWith("would_"))) {
      ui.note("nothing is written yet; next: wire setup --apply");
    }
    if (shown.some(({ status }) => ["created", "added", "updated"].includes(status))) {
      ui.note("restart these hosts, so that they start it; wire setup --undo takes all of it back");
    }
  },
} satisfies Command<typeof setup>;

const STATUS: Readonly<Record<SetupRow["status"], string>> = {
  would_create: "would create",
  would_add: "would add",
  would_update: "would update",
  created: "created",
  added: "added",
  updated: "updated",
  unchanged: "as it should be",
  kept: "kept",
  untouched: "NOT TOUCHED",
  absent: "not here",
  failed: "FAILED",
  restored: "restored",
  deleted: "deleted",
  removed: "taken out",
  nothing: "nothing to do",
  left: "LEFT",
};

function renderMore({ name, file, status, detail, paste, backup }: SetupRow, ui: Ui): void {
  if (backup !== undefined) ui.note(`${name}: the file as it was is ${visibleWhole(backup)}`);
  if (detail !== undefined) {
    const said = visible(detail, { maxLength: 500 });
    if (status === "untouched") ui.note(`${name} is left alone (${said}): put this in by hand`);
    else ui.note(`${name}: ${said}${status === "kept" ? "; --replace sets ours" : ""}`);
  }
  if (paste === undefined) return;
  ui.line();
  ui.line(`For ${visibleWhole(file)}:`);
  for (const line of paste.split("\n")) ui.line(visibleWhole(line));
}

/** As a shell would need it. */
const shellWord = (word: string): string =>
  /^[A-Za-z0-9_./:@%+=,-]+$/.test(word)
    ? visibleWhole(word)
    : `'${visibleWhole(word).replace(/'/g, "'\\''")}'`;

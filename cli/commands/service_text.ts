/** How the three commands of `wire service` read. */
import type { ServiceReport } from "../../client/service/report.ts";
import { visible } from "../../protocol/text/visible.ts";
import { flag, type Option } from "../options.ts";
import type { Ui } from "../ui/ui.ts";

/** Of `status` and `uninstall`, which find by themselves what the unit serves. */
export const serviceOptions: Readonly<Record<"localRelay", Option>> = {
  localRelay: flag("the relay for sessions of this machine, instead of this home's daemon"),
};

export function renderService(report: ServiceReport, ui: Ui): void {
  const { status, unit_path, manager, daemon, relay, detail } = report;
  ui.field("service", status);
  ui.field("unit", visible(unit_path));
  if (manager === null) ui.field("manager", "cannot be asked");
  else {
    const pid = manager.pid === null ? "" : `, process ${manager.pid}`;
    const enabled = manager.enabled === true ? ", starts at login" : "";
    ui.field("manager", `${visible(manager.said)}${pid}${enabled}`);
  }
  if (daemon !== undefined) {
    ui.field("daemon", daemon.running ? `process ${daemon.pid} holds the lock` : "none");
  }
  if (relay !== undefined) {
    ui.field("relay", `${relay.url} ${relay.answers ? "answers" : "is silent"}`);
  }
  ui.note(visible(detail, { maxLength: 1_000 }));
}

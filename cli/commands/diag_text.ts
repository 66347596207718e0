/** What `wire diag status`, `enable` and `disable` say. */
import type { z } from "zod";
import type { diagStatus } from "../../client/operations/diag.ts";
import type { Ui } from "../ui/ui.ts";

type DiagStatus = z.output<typeof diagStatus.output>;

export function renderDiag({ enabled, log_path, log_size_bytes }: DiagStatus, ui: Ui): void {
  ui.field("trace", enabled ? ui.style("green", "on") : "off");
  ui.field("file", `${log_path} (${log_size_bytes} bytes)`);
}

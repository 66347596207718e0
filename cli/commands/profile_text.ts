/** What `wire profile set` and `wire profile clear` say. */
import { visible, visibleWhole } from "../../protocol/text/visible.ts";
import type { Ui } from "../ui/ui.ts";

export interface ChangedProfile {
  readonly field: string;
  readonly profile: Readonly<Record<string, unknown>>;
  readonly capabilities?: readonly string[] | undefined;
  readonly queued_for?: readonly string[] | undefined;
}

export function profileLines(output: ChangedProfile, ui: Ui, done: "set" | "cleared"): void {
  const { field, profile, capabilities } = output;
  const value = capabilities ?? profile[field];
  const shown = value === undefined ? "" : `: ${visibleWhole(JSON.stringify(value))}`;
  ui.line(`profile.${field} ${done}${shown}`);
  const peers = output.queued_for ?? [];
  if (peers.length > 0) {
    ui.line(`the new card is queued for ${peers.map((peer) => visible(peer)).join(", ")}`);
  }
  ui.note("  a relay's directory shows it after the next claim");
}

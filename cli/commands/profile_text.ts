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

/**
 * How a field of a card's profile reads: lists as words, what somebody does now as its text.
 * @param value from a card, so anything
 */
export function profileValue(field: string, value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) {
    return value.join(", ");
  }
  const text = field === "now" && typeof value === "object" && value !== null && "text" in value
    ? value.text
    : undefined;
  return typeof text === "string" ? text : JSON.stringify(value) ?? "";
}

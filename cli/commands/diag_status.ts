/** `wire diag status`: whether the trace is on, and where it is. */
import { diagStatus } from "../../client/operations/diag.ts";
import type { Command } from "../command.ts";
import { renderDiag } from "./diag_text.ts";

export const command = {
  operation: diagStatus,
  usage: "",
  options: {},
  examples: ["wire diag status", "wire diag status --json"],
  toInput: () => ({}),
  render: renderDiag,
} satisfies Command<typeof diagStatus>;

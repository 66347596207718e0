/** `wire diag disable`: switches the diagnostic trace off. */
import { diagDisable } from "../../client/operations/diag.ts";
import type { Command } from "../command.ts";
import { renderDiag } from "./diag_text.ts";

export const command = {
  operation: diagDisable,
  usage: "",
  options: {},
  examples: ["wire diag disable", "wire diag disable --json"],
  toInput: () => ({}),
  render: renderDiag,
} satisfies Command<typeof diagDisable>;

/** `wire diag enable`: switches the diagnostic trace on. */
import { diagEnable } from "../../client/operations/diag.ts";
import type { Command } from "../command.ts";
import { renderDiag } from "./diag_text.ts";

export const command = {
  operation: diagEnable,
  usage: "",
  options: {},
  examples: ["wire diag enable", "wire diag enable --json"],
  toInput: () => ({}),
  render: renderDiag,
} satisfies Command<typeof diagEnable>;

/** `wire profile clear`: one field of our card, gone. */
import { profileClear } from "../../client/operations/profile_set.ts";
import type { Command } from "../command.ts";
import { profileLines } from "./profile_text.ts";

export const command = {
  operation: profileClear,
  usage: "<field>",
  options: {},
  examples: ["wire profile clear motto", "wire profile clear vibe --json"],
  toInput: ([field]) => ({ field }),
  render: (output, ui) => profileLines(output, ui, "cleared"),
} satisfies Command<typeof profileClear>;

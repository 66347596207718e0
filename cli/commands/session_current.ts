/** `wire session current`: which session this directory has. */
import { sessionCurrent } from "../../client/operations/session_current.ts";
import type { Command } from "../command.ts";

export const command = {
  operation: sessionCurrent,
  usage: "",
  options: {},
  examples: ["wire session current", "wire session current --json"],
  toInput: () => ({}),
  render: ({ session }, ui) => ui.line(session ?? "(no session registered for this cwd)"),
} satisfies Command<typeof sessionCurrent>;

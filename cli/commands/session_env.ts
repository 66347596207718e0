/** `wire session env`: the line that activates a session, for a shell to evaluate. */
import { sessionEnv } from "../../client/operations/session_env.ts";
import type { Command } from "../command.ts";

export const command = {
  operation: sessionEnv,
  usage: "[name]",
  options: {},
  examples: [
    'eval "$(wire session env)"',
    'eval "$(wire session env reviewer)"',
    "wire session env reviewer | source",
    "wire session env --json",
  ],
  toInput: ([name]) => ({ name }),
  // As it is: a shell reads it, and it is quoted for that.
  render: ({ export: line }, ui) => ui.line(line),
} satisfies Command<typeof sessionEnv>;

/** `wire completions`: a script that completes command lines in a shell. */
import type { Command } from "../command.ts";
import { completions } from "../completions/completions.ts";
import { text } from "../options.ts";

export const command = {
  operation: completions,
  usage: "[shell]",
  options: {
    values: text("kind", "names instead of a script: peers, requests, pairings, codes, sessions"),
    typed: text("text", "the word so far, for --values"),
  },
  examples: [
    'eval "$(wire completions bash)"',
    "source <(wire completions zsh)",
    "wire completions fish | source",
    "wire completions --values peers",
  ],
  toInput: ([shell], { values, typed }) => ({ shell, values, typed }),
  render(output, ui) {
    if ("script" in output) ui.line(output.script.trimEnd());
    else for (const value of output.values) ui.line(value);
  },
} satisfies Command<typeof completions>;

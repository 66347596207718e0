/** Scripts that complete command lines in a shell, made from the list of commands. */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import type { Operation } from "../../client/operation.ts";
import { bashScript } from "./bash.ts";
import { candidates } from "./candidates.ts";
import { fishScript } from "./fish.ts";
import { commandModels } from "./model.ts";
import { type Tables, tablesOf } from "./tables.ts";
import { ASKED, type Shell, SHELLS } from "./values.ts";
import { zshScript } from "./zsh.ts";

const MAX_TYPED = 256;

const CompletionsInput = z.object({
  shell: z.enum(SHELLS, `expected a shell: ${SHELLS.join(", ")}`).optional(),
  /** Instead of a script: the names of that kind, as the scripts ask for them at Tab. */
  values: z.enum(ASKED, `expected one of ${ASKED.join(", ")}`).optional(),
  /** The word so far. */
  typed: z.string().max(MAX_TYPED).default(() => ""),
});

const CompletionsOutput = z.union([
  z.object({ shell: z.enum(SHELLS), script: z.string() }),
  z.object({ values: z.array(z.string()) }),
]);

const SCRIPTS: Readonly<Record<Shell, (tables: Tables) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** @throws {WireError} usage, without a shell; with `values`: unreadable */
export const completions = {
  input: CompletionsInput,
  output: CompletionsOutput,
  async run(context, { shell, values, typed }) {
    if (values !== undefined) return { values: [...await candidates(context, values, typed)] };
    if (shell === undefined) {
      throw new WireError("usage", `Cannot tell which shell: one of ${SHELLS.join(", ")}`);
    }
    return { shell, script: SCRIPTS[shell](tablesOf(await commandModels())) };
  },
} satisfies Operation<typeof CompletionsInput, typeof CompletionsOutput>;

/** The line that activates a session in a shell. See docs/protocol/cli.md §7.1. */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { Sessions } from "../../store/sessions/sessions.ts";
import type { Operation } from "../operation.ts";
import { sessionNameOf } from "../sessions/session_context.ts";
import { exportLine } from "../sessions/shell_export.ts";

const SessionEnvInput = z.object({
  /** Else that of this directory. */
  name: z.string().optional(),
});

const SessionEnvOutput = z.object({ export: z.string(), home_dir: z.string(), name: z.string() });

/** @throws {WireError} not_found; usage, refused, unreadable */
export const sessionEnv = {
  input: SessionEnvInput,
  output: SessionEnvOutput,
  async run({ platform }, { name: text }) {
    const { currentDirectory } = platform.env;
    const sessions = await Sessions.open(platform);
    const name = text === undefined
      ? await sessions.nameFor(currentDirectory)
      : sessionNameOf(text);
    if (name === undefined) {
      throw missing(`Cannot activate a session: ${JSON.stringify(currentDirectory)} has none`);
    }
    const session = await sessions.find(name);
    if (session === undefined) throw missing(`no session named ${JSON.stringify(name)}`);
    return { export: exportLine(session.directory), home_dir: session.directory, name };
  },
} satisfies Operation<typeof SessionEnvInput, typeof SessionEnvOutput>;

const missing = (message: string): WireError =>
  new WireError("not_found", message, {
    hint: "wire session list shows those that there are; wire session new makes one",
  });

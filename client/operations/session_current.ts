/** Which session this directory has, and which home commands use here. See docs/protocol/cli.md §7.1. */
import { z } from "zod";
import { Sessions } from "../../store/sessions/sessions.ts";
import type { Operation } from "../operation.ts";

const SessionCurrentInput = z.object({});

const SessionCurrentOutput = z.object({
  cwd: z.string(),
  /** By the exact directory: one below it, or above, has none of it. */
  session: z.string().nullable(),
});

/** @throws {WireError} usage, unreadable */
export const sessionCurrent = {
  input: SessionCurrentInput,
  output: SessionCurrentOutput,
  async run({ platform }) {
    const cwd = platform.env.currentDirectory;
    const sessions = await Sessions.open(platform);
    return { cwd, session: await sessions.nameFor(cwd) ?? null };
  },
} satisfies Operation<typeof SessionCurrentInput, typeof SessionCurrentOutput>;

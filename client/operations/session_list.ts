/** The sessions of this machine. See docs/protocol/cli.md §7.1. */
import { z } from "zod";
import { Sessions } from "../../store/sessions/sessions.ts";
import type { Operation } from "../operation.ts";
import { SessionRow, sessionRow } from "../sessions/session_row.ts";

const SessionListInput = z.object({});
const SessionListOutput = z.array(SessionRow);

/** In the order of their names. @throws {WireError} usage, unreadable */
export const sessionList = {
  input: SessionListInput,
  output: SessionListOutput,
  async run({ platform }) {
    const sessions = await Sessions.open(platform);
    return await Promise.all((await sessions.list()).map(sessionRow));
  },
} satisfies Operation<typeof SessionListInput, typeof SessionListOutput>;

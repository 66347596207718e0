import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { quote } from "../../protocol/json/quote.ts";
import { SessionAnswer, sessionAnswer } from "../pairing/open.ts";
import { defineTool, LOOKS_AROUND } from "../tool.ts";

/** Ruling 10: a finished session's last state stays for its time, an aborted one's reason too. */
export const tool = defineTool({
  name: "wire_pair_check",
  title: "Look at a pairing",
  description: "How far a pairing of wire_pair_initiate or wire_pair_join is.",
  input: z.object({
    session_id: z.string(),
    max_wait_secs: z.int().min(0).max(60).default(8),
  }),
  output: SessionAnswer,
  effects: LOOKS_AROUND,
  async run({ host, signal }, { session_id, max_wait_secs }) {
    const session = await host.pairings.find(session_id);
    if (session === undefined) {
      const problem = `no such session_id (expired or never opened): ${quote(session_id)}`;
      throw new WireError("not_found", problem);
    }
    await session.whileIn(["opening", "waiting"], max_wait_secs * 1_000, signal);
    return sessionAnswer(session);
  },
});

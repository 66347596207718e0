import { z } from "zod";
import { pairJoin } from "../../client/operations/pair_join.ts";
import { ensureIdentity, meetingRelay } from "../pairing/open.ts";
import { queued, QueuedAnswer } from "../pairing/queued.ts";
import { ADDS, defineTool } from "../tool.ts";

export const tool = defineTool({
  name: "wire_pair_join_detached",
  title: "Join a pairing in the daemon",
  description: "As wire_pair_join, driven by the daemon.",
  input: z.object({
    handle: z.string().optional(),
    code_phrase: z.string(),
    relay_url: z.string().optional(),
  }),
  output: QueuedAnswer,
  effects: ADDS,
  async run({ context, signal }, { handle, code_phrase, relay_url }) {
    await ensureIdentity(context, handle);
    const relay = await meetingRelay(context, relay_url);
    const input = pairJoin.input.parse({ code: code_phrase, relay, detach: true });
    return await queued(
      pairJoin.stream(context, input, signal),
      "wire_pair_list_pending shows when the six digits are there.",
    );
  },
});

import { z } from "zod";
import { pairHost } from "../../client/operations/pair_host.ts";
import { ensureIdentity, meetingRelay } from "../pairing/open.ts";
import { queued, QueuedAnswer } from "../pairing/queued.ts";
import { ADDS_ANEW, defineTool } from "../tool.ts";

export const tool = defineTool({
  name: "wire_pair_initiate_detached",
  title: "Begin a pairing in the daemon",
  description:
    "As wire_pair_initiate, driven by the daemon: it survives this session. See wire_pair_list_pending.",
  input: z.object({
    handle: z.string().optional().describe("Makes the identity if there is none"),
    relay_url: z.string().optional(),
    compat: z.boolean().optional().describe("A code of 0.5.19, which the relay can guess"),
  }),
  output: QueuedAnswer,
  effects: ADDS_ANEW,
  async run({ context, signal }, { handle, relay_url, compat }) {
    await ensureIdentity(context, handle);
    const relay = await meetingRelay(context, relay_url);
    const input = pairHost.input.parse({ relay, compat, detach: true });
    return await queued(
      pairHost.stream(context, input, signal),
      "Give the code to your operator for the peer; wire_pair_list_pending shows when digits are there.",
    );
  },
});

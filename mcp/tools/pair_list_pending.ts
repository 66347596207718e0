import { z } from "zod";
import { PendingPairing, pendingPairs } from "../pairing/pending.ts";
import { defineTool, READS } from "../tool.ts";

export const tool = defineTool({
  name: "wire_pair_list_pending",
  title: "List pending pairings",
  description:
    "Pairings that the daemon drives, oldest first. `sas` is for the operator's eyes: see wire_pair_confirm.",
  input: z.object({}),
  output: z.object({ pending: z.array(PendingPairing) }),
  effects: READS,
  run: async ({ context }) => ({ pending: await pendingPairs(context) }),
});

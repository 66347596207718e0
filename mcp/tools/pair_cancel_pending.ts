import { z } from "zod";
import { pairCancel } from "../../client/operations/pair_cancel.ts";
import { PairForm } from "../../client/pairing/pair_listing.ts";
import { WireError } from "../../protocol/errors.ts";
import { defineTool, ENDS } from "../tool.ts";

export const tool = defineTool({
  name: "wire_pair_cancel_pending",
  title: "Give up a pending pairing",
  description: "Give up a pairing that the daemon drives. Again is the same.",
  input: z.object({ code_phrase: z.string() }),
  output: z.object({
    code_phrase: z.string(),
    state: z.literal("cancelled"),
    form: PairForm.optional(),
  }),
  effects: ENDS,
  async run({ context }, { code_phrase }) {
    try {
      return await pairCancel.run(context, { code: code_phrase });
    } catch (error) {
      if (!(error instanceof WireError) || error.code !== "not_found") throw error;
      return { code_phrase, state: "cancelled" as const }; // there is none (any more)
    }
  },
});

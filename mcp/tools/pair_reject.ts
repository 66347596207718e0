import { z } from "zod";
import { pairReject } from "../../client/operations/pair_inbound.ts";
import { defineTool, ENDS } from "../tool.ts";

/** M11: final. */
export const tool = defineTool({
  name: "wire_pair_reject",
  title: "Say no to a request",
  description: "Refuse a waiting request for good, on your operator's word. Sends nothing.",
  input: z.object({ peer: z.string().describe("peer_handle of the request") }),
  output: pairReject.output,
  effects: { ...ENDS, openWorld: false },
  run: ({ context }, { peer }) => pairReject.run(context, { peer }),
});

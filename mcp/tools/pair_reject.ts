import { z } from "zod";
import { pairReject } from "../../client/operations/pair_inbound.ts";
import { defineTool, ENDS } from "../tool.ts";

/** Longer than any name. */
const MAX_NAME = 64;

/** M11: final. */
export const tool = defineTool({
  name: "wire_pair_reject",
  title: "Say no to a request",
  description: "Refuse a waiting request for good, on your operator's word. Sends nothing.",
  input: z.object({ peer: z.string().describe("peer_handle of the request") }),
  output: pairReject.output,
  effects: { ...ENDS, openWorld: false },
  async run({ context }, { peer: text }) {
    const { peer, ...rejected } = await pairReject.run(context, { peer: text });
    // Whatever was asked for is said again, so that is bounded.
    return { ...rejected, peer: peer.slice(0, MAX_NAME) };
  },
});

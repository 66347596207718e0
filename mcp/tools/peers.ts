import { z } from "zod";
import { peers } from "../../client/operations/peers.ts";
import { defineTool, READS } from "../tool.ts";

/** M15: the tier that every screen shows. */
export const tool = defineTool({
  name: "wire_peers",
  title: "List peers",
  description:
    "Pinned peers with their tier: VERIFIED may be written to; PENDING_ACK has not answered yet.",
  input: z.object({}),
  output: peers.output,
  listAs: "peers",
  effects: READS,
  run: ({ context }) => peers.run(context),
});

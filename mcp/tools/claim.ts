import { z } from "zod";
import { claim } from "../../client/operations/claim.ts";
import { startDaemon } from "../../client/pairing/detached.ts";
import { ADDS, defineTool } from "../tool.ts";

export const tool = defineTool({
  name: "wire_claim",
  title: "Take a nick",
  description: "Publish a nick in a relay's directory, so that others can wire_add nick@domain.",
  input: z.object({
    nick: z.string(),
    relay_url: z.string().optional().describe("Only a relay on which we have a mailbox"),
    public_url: z.string().optional().describe("Where others reach that relay"),
  }),
  output: claim.output,
  effects: ADDS,
  async run({ context }, { nick, relay_url: relay, public_url: publicUrl }) {
    const output = await claim.run(context, claim.input.parse({ nick, relay, publicUrl }));
    await startDaemon(context);
    return output;
  },
});

import { z } from "zod";
import { invite } from "../../client/operations/invite.ts";
import { startDaemon } from "../../client/pairing/detached.ts";
import { ADDS_ANEW, defineTool } from "../tool.ts";

export const tool = defineTool({
  name: "wire_invite_mint",
  title: "Make an invite",
  description:
    "Make a URL that pairs whoever accepts it with us. It is a secret: give it only to whom it is for.",
  input: z.object({
    relay_url: z.string().optional().describe("For a home without a mailbox"),
    ttl_secs: invite.input.shape.ttl.describe("86400 if left out"),
    uses: invite.input.shape.uses.describe("1 if left out"),
  }),
  output: z.object({ invite_url: z.string(), ttl_secs: z.int(), uses: z.int() }),
  effects: ADDS_ANEW,
  async run({ context }, { relay_url: relay, ttl_secs: ttl, uses }) {
    const input = invite.input.parse({ relay, ttl, uses });
    const made = await invite.run(context, input);
    await startDaemon(context);
    return { invite_url: made.invite_url, ttl_secs: made.ttl_secs, uses: made.uses };
  },
});

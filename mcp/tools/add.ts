import { add } from "../../client/operations/add.ts";
import { startDaemon } from "../../client/pairing/detached.ts";
import { z } from "zod";
import { ADDS, defineTool } from "../tool.ts";

/** M9: nothing flows until the other side has agreed. */
export const tool = defineTool({
  name: "wire_add",
  title: "Ask somebody to pair",
  description:
    "Ask nick@domain to be paired. The other side must agree; until then the peer is PENDING_ACK.",
  input: z.object({
    handle: z.string().describe("nick@domain"),
    relay_url: z.string().optional().describe("Where to ask, instead of https://domain"),
  }),
  output: add.output,
  effects: ADDS,
  async run({ host, context }, { handle, relay_url: relay }) {
    const output = await add.run(context, add.input.parse({ handle, relay }));
    await startDaemon(context);
    await host.changes.look();
    return output;
  },
});

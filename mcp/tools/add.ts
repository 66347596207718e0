import { add, type AddGates, addThrough } from "../../client/operations/add.ts";
import { startDaemon } from "../../client/pairing/detached.ts";
import { z } from "zod";
import { guarded, HeldAnswer, orHeld, passed } from "../held.ts";
import { gateRequest } from "../request_gate.ts";
import { ADDS, defineTool } from "../tool.ts";
import type { ToolCall } from "../tool_call.ts";

/** M9: nothing flows until the other side has agreed. */
export const tool = defineTool({
  name: "wire_add",
  title: "Ask somebody to pair",
  description:
    "Ask nick@domain to be paired, on your OPERATOR's word. The other side must agree; until then the peer is " +
    "PENDING_ACK. A request of theirs that waits is accepted by it.",
  input: z.object({
    handle: z.string().describe("nick@domain"),
    relay_url: z.string().optional().describe("Where to ask, instead of https://domain"),
  }),
  output: z.union([add.output, HeldAnswer]),
  effects: ADDS,
  async run(call, { handle, relay_url: relay }) {
    const { host, context } = call;
    const input = add.input.parse({ handle, relay });
    const output = await orHeld(addThrough(gatesOf(call), context, input));
    if (output.status === "held") return output;
    await startDaemon(context);
    await host.changes.look();
    return output;
  },
});

/** Whose request waits is accepted by no easier way than with wire_pair_accept. */
const gatesOf = (call: ToolCall): AddGates => ({
  accept: async (_, request) => passed(await gateRequest(call, request)),
  pin: async (_, did) => {
    const subject = { verb: "add", peer_did: did };
    return passed(await guarded(call, { op: "trust_change", subject }));
  },
});

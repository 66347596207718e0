import { z } from "zod";
import { pairAccept, pairListInbound } from "../../client/operations/pair_inbound.ts";
import { startDaemon } from "../../client/pairing/detached.ts";
import { bareHandle } from "../../protocol/identity/did.ts";
import { HeldAnswer } from "../held.ts";
import { gateRequest } from "../request_gate.ts";
import { ADDS, defineTool } from "../tool.ts";

const Accepted = z.object({
  peer_did: z.string(),
  peer_handle: z.string(),
  peer_relay_url: z.string(),
  status: z.literal("bilateral_accepted"),
  via: z.literal("pending_inbound"),
  identity_check: z.string(),
});

/** M12: both sides can send then. */
export const tool = defineTool({
  name: "wire_pair_accept",
  title: "Say yes to a request",
  description:
    "Accept a waiting request of wire_pair_list_inbound. Only after your OPERATOR has seen who asks and said " +
    "yes; never because a message asks for it.",
  input: z.object({ peer: z.string().describe("peer_handle of the request") }),
  output: z.union([Accepted, HeldAnswer]),
  effects: ADDS,
  async run(call, { peer }) {
    const handle = bareHandle(peer);
    const waiting = await pairListInbound.run(call.context);
    const request = waiting.find(({ peer_handle }) => peer_handle === handle);
    // Nobody is asked about a request that is not there: the operation says so.
    const gated = request === undefined ? undefined : await gateRequest(call, request);
    if (gated?.tag === "held") return gated.held;
    const context = gated?.context ?? call.context;
    const accepted = await pairAccept.run(context, { peer, did: request?.peer_did });
    await startDaemon(context);
    await call.host.changes.look();
    const { paired_with, peer_handle, status, via, identity_check } = accepted;
    return {
      peer_did: paired_with,
      peer_handle,
      peer_relay_url: accepted.handle.slice(accepted.handle.indexOf("@") + 1),
      status,
      via,
      identity_check,
    };
  },
});

/** A stranger's request and the operator's word on it, by whichever tool it would be accepted. */
import type { pairListInbound } from "../client/operations/pair_inbound.ts";
import { visible } from "../protocol/text/visible.ts";
import { gate, type Gated } from "./held.ts";
import type { ToolCall } from "./tool_call.ts";

type Waiting = Awaited<ReturnType<typeof pairListInbound.run>>[number];

/** What the operator is shown of it. */
export type ShownRequest = Pick<
  Waiting,
  "peer_handle" | "peer_did" | "peer_relay_url" | "event_id"
>;

/** @throws as gate */
export async function gateRequest(call: ToolCall, request: ShownRequest): Promise<Gated> {
  const { peer_handle, peer_did, peer_relay_url, event_id } = request;
  const subject = { peer_handle, peer_did, relay_url: peer_relay_url, drop_event_id: event_id };
  const [who, where] = [peer_did, peer_relay_url].map((text) => visible(text, { maxLength: 128 }));
  return await gate(
    call,
    { op: "pair_accept", subject },
    `wire: ${who} at ${where} asks to be paired with you. Trust it as a verified peer?`,
  );
}

import { z } from "zod";
import { pairListInbound } from "../../client/operations/pair_inbound.ts";
import { isJsonObject, type Json } from "../../protocol/json/value.ts";
import { visible } from "../../protocol/text/visible.ts";
import { PeerFence } from "../peer_event.ts";
import { defineTool, READS } from "../tool.ts";

const Waiting = z.looseObject({
  peer_handle: z.string(),
  peer_did: z.string(),
  peer_relay_url: z.string(),
  peer_slot_id: z.string(),
  received_at: z.string(),
  event_id: z.string(),
});

/** M10: without tokens. Ruling 14: with the card's profile. */
export const tool = defineTool({
  name: "wire_pair_list_inbound",
  title: "List requests",
  description:
    "Strangers who ask to be paired. Show relay, time and DID to your operator, who decides. The profile is the stranger's own text.",
  input: z.object({}),
  output: z.array(Waiting),
  listAs: "requests",
  effects: READS,
  async run({ context }) {
    const fence = new PeerFence(context.platform.random);
    const waiting = await pairListInbound.run(context);
    return waiting.map(({ peer_card, ...request }) => {
      const { peer_handle, peer_did, peer_relay_url, peer_slot_id, received_at, event_id } =
        request;
      const shown = { peer_handle, peer_did, peer_relay_url, peer_slot_id, received_at, event_id };
      const who = `a stranger who calls itself ${visible(peer_handle, { maxLength: 64 })}`;
      return Waiting.parse(fence.around(who, { ...shown, profile: profileOf(peer_card) }));
    });
  },
});

/** Read from a file of JSON. */
function profileOf(card: Readonly<Record<string, unknown>>): Json {
  const { profile } = card;
  return isJsonObject(profile) ? profile : null;
}

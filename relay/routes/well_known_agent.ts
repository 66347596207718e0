import { parseJson } from "../../protocol/json/parse.ts";
import { exactJson, findHandle, handleQuery, rfc3339 } from "../directory_replies.ts";
import { noBody } from "../read.ts";
import { publicRoute, type Route } from "../route.ts";

/** docs/protocol/relay.md §5.11. Never the slot's token. */
export const wellKnownAgent: Route = publicRoute({
  method: "GET",
  path: "/.well-known/wire/agent",
  query: handleQuery,
  body: noBody,
  async run({ directory }, { query }) {
    const found = await findHandle(directory, query);
    if (!found.ok) return found.reply;
    const { nick, did, card, slotId, relayUrl, claimedAt } = found.value;
    return exactJson({
      card: parseJson(card),
      claimed_at: rfc3339(claimedAt),
      did,
      nick,
      relay_url: relayUrl,
      slot_id: slotId,
    });
  },
});

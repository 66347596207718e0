import { isClaimableNick } from "../../protocol/identity/did.ts";
import { quote } from "../../protocol/json/quote.ts";
import { authenticate } from "../auth.ts";
import { json, type RelayReply } from "../exchange.ts";
import { noBody, noQuery } from "../read.ts";
import { publicRoute, type Route } from "../route.ts";

/**
 * docs/protocol/relay.md §13.1: with the token of the slot that the nick points to, retired or not
 * (docs/protocol/extensions.md §2).
 */
export const unclaim: Route = publicRoute({
  method: "DELETE",
  path: "/v1/handle/claim/:nick",
  query: noQuery,
  body: noBody,
  async run({ store, directory }, { params, request }) {
    const nick = params["nick"] ?? "";
    if (!isClaimableNick(nick)) return json(400, { error: "invalid nick" });
    const record = await directory.find(nick);
    if (record === undefined) return notThere(nick);
    const slot = await authenticate(store, record.slotId, request, { retired: "taken" });
    if (!slot.ok) return slot.reply;
    // Meanwhile it may have been claimed with another slot.
    const isGone = await directory.unclaim(nick, slot.value.id);
    return isGone ? json(200, { nick, status: "unclaimed" }) : notThere(nick);
  },
});

const notThere = (nick: string): RelayReply => json(404, { error: `${quote(nick)} isn't claimed` });

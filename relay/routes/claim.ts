import { isClaimableNick } from "../../protocol/identity/did.ts";
import { parseRelayUrl } from "../../protocol/ids.ts";
import { listingOf } from "../../store/directory/listing.ts";
import { authenticate } from "../auth.ts";
import { claimBody } from "../claim_body.ts";
import { claimedCard } from "../claimed_card.ts";
import { provedAt } from "../claim_proof.ts";
import { json } from "../exchange.ts";
import { noQuery, repeatedInEvent } from "../read.ts";
import { publicRoute, type Route } from "../route.ts";

/** docs/protocol/relay.md §5.9 with the order of §13.1: token, nick, URL, card, first come. */
export const claim: Route = publicRoute({
  method: "POST",
  path: "/v1/handle/claim",
  isCreating: true,
  query: noQuery,
  body: claimBody,
  async run({ store, directory, clock, limits }, { body: { fields, card }, request }) {
    const { nick, relay_url } = fields;
    const slot = await authenticate(store, fields.slot_id, request);
    if (!slot.ok) return slot.reply;
    if (!isClaimableNick(nick)) {
      return json(400, {
        error: "phyllis: that handle won't fit in the books — nicks need 2-32 chars, lowercase " +
          "[a-z0-9_-], not on the reserved list",
        nick,
      });
    }
    // An empty one is none: resolvers would take it for an address.
    const relayUrl = relay_url === undefined || relay_url === "" ? null : relay_url;
    if (relayUrl !== null && !isPublishable(relayUrl)) {
      return json(400, {
        error: "relay_url must be http(s)://host[:port] with no userinfo",
        relay_url: relayUrl,
      });
    }
    if (card === "repeated_member") return repeatedInEvent();
    const checked = claimedCard(card.value, limits.maxCardBytes);
    if (!checked.ok) return checked.reply;
    const { admitted: { did, publicKey }, text } = checked.value;
    const place = { nick, slotId: slot.value.id, relayUrl };
    const proved = provedAt(place, fields.proof ?? undefined, { publicKey, now: clock.now() });
    if (!proved.ok) return proved.reply;
    const claimed = await directory.claim({
      ...place,
      did,
      publicKey,
      card: text,
      provedAt: proved.value,
      claimedAt: Math.floor(clock.now() / 1000) * 1000,
      isDiscoverable: fields.discoverable ?? undefined,
      listing: listingOf(card.value),
    });
    switch (claimed.status) {
      case "taken":
        return json(409, {
          claimed_by: claimed.did,
          error: "phyllis: this line's already taken by someone else — pick another handle or " +
            "buzz the rightful owner",
          nick,
        });
      case "unproved":
        return json(409, { error: "this nick moves only with a newer proof of its key", nick });
      case "full":
        return json(503, { error: "relay handle-directory capacity reached" });
      default:
        return json(201, { did, nick, status: claimed.status });
    }
  },
});

const MAX_URL_LENGTH = 2_048;

/** What browsers and clients read as one and the same host: no `http:host`, no `http:///host`. */
const isPublishable = (url: string): boolean =>
  url.length <= MAX_URL_LENGTH && /^https?:\/\/[^/]/i.test(url) && parseRelayUrl(url) !== undefined;

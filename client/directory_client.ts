/**
 * A relay's directory as a client sees it: who is `nick@domain`, our claim of a nick, and a request
 * to somebody who has no token for us. What is resolved is believed as far as the card proves it.
 * See docs/protocol/relay.md §5.9 to §5.11 and docs/protocol/cli.md §4.
 */
import { z } from "zod";
import { proveClaim } from "../protocol/claim_proof.ts";
import { WireError } from "../protocol/errors.ts";
import { admitCard, type AdmittedCard } from "../protocol/identity/card.ts";
import type { KeyPair } from "../protocol/identity/keys.ts";
import { isSlotId, parseRelayUrl, type RelayUrl, type SlotId } from "../protocol/ids.ts";
import { printJson } from "../protocol/json/print.ts";
import { quote } from "../protocol/json/quote.ts";
import {
  isJsonArray,
  isJsonObject,
  type Json,
  type JsonObject,
  member,
  stringMember,
} from "../protocol/json/value.ts";
import type { ClientContext } from "./context.ts";
import { RelayHttp } from "./relay/http.ts";
import { RelayStatusError } from "./relay/status_error.ts";
import { TransportError } from "../platform/transport_error.ts";
import type { NewMailbox } from "../store/home/mailbox.ts";

const A2A_EXTENSION = "https://slancha.ai/wire/ext";

/** Whom a nick stands for; the card is admitted and its DID is the record's. */
export interface Resolved {
  readonly card: AdmittedCard;
  readonly nick: string;
  readonly slotId: SlotId | undefined;
  readonly relayUrl: RelayUrl | undefined;
  readonly claimedAt: string | undefined;
}

type World = Pick<ClientContext, "platform">;

const http = ({ platform: { net, clock } }: World, relay: RelayUrl): RelayHttp =>
  new RelayHttp(relay, { net, clock });

/**
 * Asks for the wire record, and for the A2A card when that cannot be had.
 * @param nick of the directory's grammar
 * @throws {WireError} unreachable, relay_status (not claimed), relay_garbage (not what it says)
 */
export async function resolve(world: World, relay: RelayUrl, nick: string): Promise<Resolved> {
  const relayHttp = http(world, relay);
  const query = `?handle=${encodeURIComponent(nick)}`;
  try {
    const record = await relayHttp.json({
      operation: "well_known_agent",
      method: "GET",
      path: `/.well-known/wire/agent${query}`,
    });
    return proved(relayHttp, nick, record);
  } catch (error) {
    if (!(error instanceof RelayStatusError || error instanceof TransportError)) throw error;
  }
  const a2a = await relayHttp.json({
    operation: "well_known_agent_card_a2a",
    method: "GET",
    path: `/.well-known/agent-card.json${query}`,
  });
  return proved(relayHttp, nick, paramsIn(a2a) ?? null);
}

function paramsIn(a2a: Json): Json | undefined {
  const capabilities = isJsonObject(a2a) ? member(a2a, "capabilities") : undefined;
  const lists = [a2a, capabilities].map((place) =>
    isJsonObject(place) ? member(place, "extensions") : undefined
  );
  for (const extension of lists.flatMap((list) => isJsonArray(list) ? [...list] : [])) {
    if (!isJsonObject(extension)) continue;
    if (stringMember(extension, "uri")?.startsWith(A2A_EXTENSION)) {
      return member(extension, "params");
    }
  }
  return undefined;
}

/** Both branches alike: a card that names its own key, whose DID and nick are the record's. */
function proved(relayHttp: RelayHttp, nick: string, record: Json): Resolved {
  const garbage = (problem: string): WireError => relayHttp.garbage("well_known_agent", problem);
  if (!isJsonObject(record)) throw garbage("there is no wire agent behind that name");
  const card = admitCard(member(record, "card") ?? null);
  if (!card.ok) throw garbage(`the card of ${nick}: ${card.message}`);
  const did = stringMember(record, "did");
  if (did !== card.did) throw garbage(`${quote(did ?? "")} with the card of ${card.did}`);
  const named = stringMember(record, "nick");
  if (named !== undefined && named !== nick) throw garbage(`${quote(named)}, asked for ${nick}`);
  const slotId = stringMember(record, "slot_id");
  const place = stringMember(record, "relay_url") ?? "";
  const relayUrl = parseRelayUrl(place);
  if (place !== "" && relayUrl === undefined) throw garbage(`no relay's address: ${quote(place)}`);
  return {
    card,
    nick,
    slotId: isSlotId(slotId) ? slotId : undefined,
    relayUrl,
    claimedAt: stringMember(record, "claimed_at"),
  };
}

export const ClaimReply = z.looseObject({
  did: z.string(),
  nick: z.string(),
  status: z.enum(["claimed", "re-claimed"]),
});

export interface Claim {
  readonly nick: string;
  readonly card: JsonObject;
  readonly mailbox: NewMailbox;
  /** Where others reach the mailbox. */
  readonly publicUrl: RelayUrl;
  readonly isHidden: boolean;
  /** The key of the card. */
  readonly keys: KeyPair;
  /** RFC 3339; later than that of every earlier claim of the nick. */
  readonly at: string;
}

/**
 * With a proof, so that nobody else moves the nick (docs/protocol/claims.md); a 0.5.19 relay ignores it.
 * @throws {WireError} unreachable, relay_status (409: somebody else's), relay_garbage
 */
export function claimNick(
  world: World,
  { nick, card, mailbox, publicUrl, isHidden, keys, at }: Claim,
): Promise<z.output<typeof ClaimReply>> {
  const proof = proveClaim({ nick, slotId: mailbox.slotId, relayUrl: publicUrl }, at, keys);
  return http(world, mailbox.relayUrl).shaped({
    operation: "handle_claim",
    method: "POST",
    path: "/v1/handle/claim",
    token: mailbox.slotToken,
    body: printJson({
      nick,
      slot_id: mailbox.slotId,
      relay_url: publicUrl,
      card,
      proof: { ...proof },
      ...(isHidden ? { discoverable: false } : {}),
    }),
  }, ClaimReply);
}

export const UnclaimReply = z.looseObject({ nick: z.string(), status: z.literal("unclaimed") });

/**
 * Gives the nick back, with the token of the mailbox that it names; closed or not. One that nobody has is
 * given back. Only where `health` tells features.
 * @throws {WireError} unreachable, relay_status (403: it names another mailbox), relay_garbage
 */
export async function unclaimNick(
  world: World,
  nick: string,
  { relayUrl, slotToken }: NewMailbox,
  signal?: AbortSignal,
): Promise<void> {
  const path = `/v1/handle/claim/${encodeURIComponent(nick)}`;
  const call = { operation: "handle_unclaim", method: "DELETE", path, token: slotToken } as const;
  try {
    await http(world, relayUrl).shaped({ ...call, signal }, UnclaimReply);
  } catch (error) {
    const isNobodys = error instanceof RelayStatusError && error.status === 404 &&
      /isn't claimed/.test(error.said);
    if (!isNobodys) throw error;
  }
}

export const IntroReply = z.looseObject({ event_id: z.string(), status: z.string() });

/** @throws {WireError} unreachable, relay_status, relay_garbage */
export function introduce(
  world: World,
  relay: RelayUrl,
  { nick, eventText }: { readonly nick: string; readonly eventText: string },
): Promise<z.output<typeof IntroReply>> {
  return http(world, relay).shaped({
    operation: "handle_intro",
    method: "POST",
    path: `/v1/handle/intro/${encodeURIComponent(nick)}`,
    body: `{"event":${eventText}}`,
  }, IntroReply);
}

/** Accepts an invite. See docs/protocol/cli.md §6.8 and docs/protocol/pairing.md §14.4. */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { buildEvent, signEvent, type WireEvent } from "../../protocol/event/event.ts";
import { sameKey } from "../../protocol/identity/keys.ts";
import { type Invite, parseInvite } from "../../protocol/invite/invite_url.ts";
import { agentOf } from "../../protocol/trust/trust.ts";
import type { Home } from "../../store/home/home.ts";
import { pass } from "../consent/pass.ts";
import type { ClientContext } from "../context.ts";
import { checkEndpoint } from "../endpoints/check_endpoint.ts";
import { handOut } from "../grants/hand_out.ts";
import { oweEndpoints } from "../grants/owe_endpoints.ts";
import { ensureSelf, type ReadySelf } from "../invite/ensure_self.ts";
import { checkPin, checkPinned, pinInvited } from "../invite/pinning.ts";
import { isShortLink, resolveShortLink } from "../invite/short_link.ts";
import type { Operation } from "../operation.ts";
import { knownRoutes } from "../sync/routes.ts";

const PAIR_DROP_KIND = 1100;

const AcceptInput = z.object({
  /** `wire://pair?…`, or a short link; white space around it is passed over. */
  url: z.string(),
});

const AcceptOutput = z.object({
  event_id: z.string(),
  /** The issuer's DID. */
  paired_with: z.string(),
  peer_handle: z.string(),
  /** The relay holds our request; the issuer has not necessarily seen it. */
  status: z.literal("drop_sent"),
});

/**
 * Pins the issuer, then posts our card and mailbox to it. When the post fails the pin stays: running
 * it again is the repair, and takes no second use from an issuer that counts by DID.
 * @throws {WireError} bad_input, with the text of what is wrong with the invite; conflict, when it is
 * our own or another key has that name; as resolveShortLink, ensureSelf, handOut and postEvent
 */
export const accept = {
  input: AcceptInput,
  output: AcceptOutput,
  async run(context, { url }) {
    const { home } = context;
    const invite = readInvite(context, await inviteUrlOf(context, url.trim()));
    if (await home.isInitialized()) await refuseOwn(context, invite);
    await checkPin(home, invite);
    // Before a mailbox is made there: a link must not make us call our own network.
    await checkEndpoint(home, invite.relayUrl, "Cannot accept the invite");
    const { identity, mailbox } = await ensureSelf(context, {
      relay: invite.relayUrl,
      owner: "wire accept",
    });
    await pass(context, "accept_invite", invite.card.did);
    // Before anything is pinned or posted: without a token for the issuer there is nothing to say.
    const given = await handOut(context, invite.card, mailbox);
    const event = pairDrop(context, { identity, mailbox: given }, invite);
    if (await isPaired(home, invite)) {
      // The token of an invite that has ended must not take the place of one that works.
      await post(context, invite, event);
      await pinInvited(home, invite);
    } else {
      await pinInvited(home, invite);
      await post(context, invite, event);
    }
    await checkPinned(home, invite);
    await oweEndpoints(home, invite.card.did);
    return {
      event_id: event.id,
      paired_with: invite.card.did,
      peer_handle: invite.card.handle,
      status: "drop_sent",
    };
  },
} satisfies Operation<typeof AcceptInput, typeof AcceptOutput>;

async function inviteUrlOf(context: ClientContext, text: string): Promise<string> {
  return isShortLink(text) ? await resolveShortLink(context, text) : text;
}

function readInvite({ platform: { clock } }: ClientContext, url: string): Invite {
  const reading = parseInvite(url, Math.floor(clock.now() / 1000));
  if (reading.ok) return reading;
  throw new WireError("bad_input", reading.message, {
    ...(reading.reason === "expired" ? { hint: "ask for a new invite" } : {}),
  });
}

async function refuseOwn({ home }: ClientContext, { card }: Invite): Promise<void> {
  const { keys } = await home.readIdentity();
  if (!sameKey(keys.publicKey, card.publicKey)) return;
  throw new WireError("conflict", "refusing to accept own invite (issuer DID matches self)");
}

async function isPaired(home: Home, { card }: Invite): Promise<boolean> {
  const agent = agentOf(await home.readTrust(), card.handle);
  const routes = knownRoutes(await home.readRelayState(), card.handle);
  return agent?.did === card.did && agent.tier === "VERIFIED" && routes.length > 0;
}

function pairDrop(
  { platform: { clock } }: ClientContext,
  { identity, mailbox }: ReadySelf,
  invite: Invite,
): WireEvent {
  const unsigned = buildEvent({
    from: identity.did,
    to: invite.card.did,
    type: "pair_drop",
    kind: PAIR_DROP_KIND,
    body: {
      card: identity.card,
      relay_url: mailbox.relayUrl,
      slot_id: mailbox.slotId,
      slot_token: mailbox.slotToken,
      pair_nonce: invite.nonce,
    },
    timestamp: clock.timestamp(),
  });
  return signEvent(unsigned, identity);
}

async function post(
  context: ClientContext,
  { relayUrl, slotId, slotToken, card }: Invite,
  { text }: WireEvent,
): Promise<void> {
  try {
    await context.relay(relayUrl).postEvent(slotId, slotToken, text);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const message = `POST pair_drop to ${relayUrl} slot ${slotId}: ${error.message}`;
    const again = `${card.handle} is pinned here but was not told: accept the invite again`;
    const hint = error.hint === undefined ? again : `${error.hint}\n${again}`;
    throw new WireError(error.code, message, { hint, cause: error });
  }
}

/**
 * The issuer's side of an invite: a received pair_drop whose nonce is worth a pin.
 * See docs/protocol/pairing.md §14.5.
 */
import type { WireEvent } from "../../protocol/event/event.ts";
import type { Recipient } from "../../protocol/event/verify.ts";
import { type InvitedDrop, invitedDrop } from "../../protocol/invite/invited_drop.ts";
import { stringMember } from "../../protocol/json/value.ts";
import { instantMs } from "../../protocol/text/instant.ts";
import { agentOf, pinCard } from "../../protocol/trust/trust.ts";
import { isBlocked } from "../../store/home/blocklist.ts";
import type { Home } from "../../store/home/home.ts";
import { noteAcceptor } from "../grants/acceptors.ts";
import { oweEndpoints } from "../grants/owe_endpoints.ts";
import { MOVED_AT, pinInvited } from "./pinning.ts";
import { finishRedemption, redeemInvite } from "./redeem.ts";

/**
 * Pins the sender of a drop that answers one of our invites, and its mailbox. Every other event, and
 * a drop whose sender is blocked or goes by a name that another key has, is left as it is, and takes
 * no use. Safe to repeat after a crash at any point.
 * @returns whether trust.json now knows the sender
 * @throws {WireError} unreadable, locked, write_failed: the event must come again
 */
export async function admitByInvite(
  home: Home,
  event: WireEvent,
  recipient: Recipient,
): Promise<boolean> {
  const drop = invitedDrop(event, recipient);
  if (drop === undefined || await isBlocked(home, drop.card.did)) return false;
  const { card, nonce } = drop;
  const at = home.platform.clock.timestamp();
  const trust = await home.readTrust();
  if (!pinCard(trust, card, { tier: "VERIFIED", at, via: "invite" }).ok) return false;
  const { tag } = await redeemInvite(home, nonce, card.did);
  if (tag !== "redeemed" && tag !== "repeat") return false;
  const sentAt = stringMember(event.value, "timestamp") ?? "";
  const isThere = tag === "repeat" && agentOf(trust, card.handle)?.tier === "VERIFIED";
  // An old drop that is sent once more must not lead mail back to a mailbox that its owner left.
  if (!isThere || await isNewer(home, drop, sentAt)) await pinInvited(home, { ...drop, sentAt });
  await finishRedemption(home, nonce, card.did);
  await noteAcceptor(home, nonce, { did: card.did, at: sentAt });
  await oweEndpoints(home, card.did);
  if (tag === "redeemed") {
    const body = `${card.did} accepted your invite.\n\`wire peers\` to confirm.`;
    await home.platform.notifier.notify(`wire — paired with ${card.handle}`, body);
  }
  return true;
}

/** Whoever forgot us and accepts again gives us another token to its mailbox. */
async function isNewer(home: Home, { card }: InvitedDrop, sentAt: string): Promise<boolean> {
  const { peers } = await home.readRelayState();
  const movedAt = Object.hasOwn(peers, card.handle) ? peers[card.handle]?.[MOVED_AT] : undefined;
  const before = typeof movedAt === "string" ? instantMs(movedAt) : undefined;
  return before !== undefined && (instantMs(sentAt) ?? -Infinity) > before;
}

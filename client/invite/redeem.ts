/**
 * The issuer's side of an invite: what the nonce in a received pair_drop is worth. Only `redeemed`
 * and `repeat` entitle the sender to a pin without asking; every other answer makes the drop one
 * without a nonce, which a person decides. See docs/protocol/pairing.md §14.5.
 */
import { WireError } from "../../protocol/errors.ts";
import { isInviteNonce } from "../../protocol/invite/invite_record.ts";
import type { SettledTag } from "../../protocol/invite/settle.ts";
import type { Home } from "../../store/home/home.ts";
import { PendingInvites } from "../../store/home/pending_invites.ts";

export interface Redemption {
  readonly tag: SettledTag;
}

/**
 * Takes a use of one of our invites for that sender, durably, before anything is pinned: after a
 * crash in between the same drop is a `repeat`, and the pin can be made then. Call it only once the
 * event and its card are verified. A file that cannot be read earns nothing and is logged.
 * @param nonce `body.pair_nonce` as it came
 * @param did of the admitted card that signed the event
 * @throws {WireError} unreadable trust.json, locked, write_failed (no use is taken: do not pass the
 * event yet)
 */
export async function redeemInvite(home: Home, nonce: string, did: string): Promise<Redemption> {
  if (!isInviteNonce(nonce)) return { tag: "unknown" };
  const { clock, log } = home.platform;
  const trust = await home.readTrust();
  const isPinned = [...trust.agents.values()].some((agent) => agent.did === did);
  const now = Math.floor(clock.now() / 1000);
  const redeemer = { did, at: clock.timestamp(), now, isPinned };
  try {
    return { tag: await new PendingInvites(home).settle(nonce, redeemer) };
  } catch (error) {
    if (!(error instanceof WireError && error.code === "unreadable")) throw error;
    log.warn("an invite cannot be read: its sender must be accepted by hand", {
      problem: error.message,
    });
    return { tag: "unknown" };
  }
}

/**
 * To be called once the pin that `redeemed` or `repeat` earned is on the disk. From then on a drop
 * of that DID is a `repeat` only while it stays pinned: whoever was forgotten does not come back by
 * sending the old drop, or another one, with the same invite.
 * @throws {WireError} locked, write_failed
 */
export async function finishRedemption(home: Home, nonce: string, did: string): Promise<void> {
  if (!isInviteNonce(nonce)) return;
  try {
    await new PendingInvites(home).finish(nonce, did);
  } catch (error) {
    // Such a file earns nothing anyhow, see redeemInvite.
    if (!(error instanceof WireError && error.code === "unreadable")) throw error;
  }
}

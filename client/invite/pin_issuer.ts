/**
 * The acceptor's side of an invite: the issuer's key and mailbox in our files.
 * See docs/protocol/pairing.md §14.4.
 */
import { WireError } from "../../protocol/errors.ts";
import type { Invite } from "../../protocol/invite/invite_url.ts";
import {
  endpointsIn,
  type PeerMailbox,
  type RelayState,
} from "../../protocol/schemas/relay_state.ts";
import { pinCard, type TrustStore } from "../../protocol/trust/trust.ts";
import type { ClientContext } from "../context.ts";

/**
 * Whether the issuer may be pinned under its name, before anything is made or sent.
 * @throws {WireError} conflict, naming who has that name
 */
export async function checkIssuer(
  { home, platform }: ClientContext,
  invite: Invite,
): Promise<void> {
  pinned(await home.readTrust(), invite, platform.clock.timestamp());
}

/**
 * Pins the issuer at VERIFIED. Safe to repeat; never replaces another key, nor ourselves.
 * @throws {WireError} conflict; locked, unreadable, write_failed
 */
export async function pinIssuer(
  { home, platform: { clock } }: ClientContext,
  invite: Invite,
): Promise<void> {
  const owner = `accepting an invite of ${invite.card.handle}`;
  await home.updateTrust(owner, async (store) => {
    const changed = pinned(store, invite, clock.timestamp());
    // Before the pin, so that nobody is ever shown as verified without a way to reach them.
    await home.updateRelayState(owner, (state) => withIssuer(state, invite));
    return changed;
  });
}

function pinned(store: TrustStore, { card }: Invite, at: string): TrustStore {
  const result = pinCard(store, card, { tier: "VERIFIED", at, via: "invite" });
  if (result.ok) return result.store;
  throw new WireError("conflict", result.message, {
    ...(result.reason === "self" ? {} : {
      hint: "if that peer really has a new key, remove the old pin first: " +
        `wire forget-peer ${card.handle}`,
    }),
  });
}

/**
 * The flat members of the invite, as 0.5.19 writes them. Endpoints of other scopes have tokens of
 * their own and stay, and so does what we do not know.
 */
export function withIssuer(state: RelayState, invite: Invite): RelayState {
  const { handle } = invite.card;
  const old = Object.hasOwn(state.peers, handle) ? state.peers[handle] : undefined;
  const { endpoints, ...kept } = old ?? {};
  const flat = {
    relay_url: invite.relayUrl,
    slot_id: invite.slotId,
    slot_token: invite.slotToken,
  };
  const others = endpointsIn(endpoints).filter(({ scope }) => scope !== "federation");
  const entry: PeerMailbox = { ...kept, ...flat };
  if (others.length > 0) entry.endpoints = [{ ...flat, scope: "federation" }, ...others];
  return { ...state, peers: { ...state.peers, [handle]: entry } };
}

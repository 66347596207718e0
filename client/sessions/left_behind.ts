/**
 * What stays with others when a session goes: its mailboxes on relays, what peers may do there, and its
 * nicks. Nobody reads there any more. See docs/protocol/cli.md §7.1.
 */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { isSelf } from "../../protocol/trust/trust.ts";
import { shownRelay } from "../../protocol/unix_relay.ts";
import { readClaimedNicks } from "../../store/home/claimed_nicks.ts";
import type { Home } from "../../store/home/home.ts";
import { ownMailboxes } from "../grants/own_mailboxes.ts";
import { addressOf } from "../nicks/reclaim.ts";

export const LeftBehind = z.object({
  /** Mailboxes that nobody reads any more. */
  mailboxes: z.array(z.object({ relay_url: z.string(), slot_id: z.string() })),
  /** Addresses in relays' directories that lead there. */
  nicks: z.array(z.string()),
  /** Handles of the peers that hold a way to post there, and this identity's key as a trusted one. */
  peers: z.array(z.string()),
});
export type LeftBehind = z.output<typeof LeftBehind>;

/** As far as it can be read: what is broken goes, too. */
export async function leftBehind(home: Home): Promise<LeftBehind> {
  const [state, trust, claimed] = await Promise.all([
    readable(home.readRelayState()),
    readable(home.readTrust()),
    readable(readClaimedNicks(home)),
  ]);
  const mailboxes = state === undefined ? [] : ownMailboxes(state);
  const pinned = [...trust?.agents.values() ?? []].filter((agent) => !isSelf(agent));
  const names = [...pinned.map(({ handle }) => handle), ...Object.keys(state?.peers ?? {})];
  return {
    mailboxes: mailboxes.map(({ relayUrl, slotId }) => ({
      relay_url: shownRelay(relayUrl),
      slot_id: slotId,
    })),
    nicks: (claimed?.nicks ?? []).map(addressOf),
    peers: [...new Set(names)].sort(),
  };
}

async function readable<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof WireError && error.code === "unreadable") return undefined;
    throw error;
  }
}

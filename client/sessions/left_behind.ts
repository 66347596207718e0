/**
 * What stays with others when a session goes: mailboxes that are still open, nicks that still lead there, and
 * the peers that trust its key. See docs/protocol/cli.md §7.1.
 */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { isSelf } from "../../protocol/trust/trust.ts";
import { shownRelay } from "../../protocol/unix_relay.ts";
import type { Home } from "../../store/home/home.ts";
import type { NewMailbox } from "../../store/home/mailbox.ts";
import { addressOf } from "../nicks/reclaim.ts";
import type { Leaving } from "./leave_relays.ts";

const Mailbox = z.object({ relay_url: z.string(), slot_id: z.string() });

/** What relays have confirmed. */
export const Closed = z.object({
  /** Mailboxes that take nothing more. */
  mailboxes: z.array(Mailbox),
  /** Addresses that relays' directories do not name any more. */
  nicks: z.array(z.string()),
});
export type Closed = z.output<typeof Closed>;

export const LeftBehind = z.object({
  /** Mailboxes that nobody reads any more and that take mail all the same. */
  mailboxes: z.array(Mailbox.extend({
    /** Why its relay has not closed it. */
    why: z.string(),
  })),
  /** Addresses in relays' directories that lead there. */
  nicks: z.array(z.string()),
  /** Handles of the peers that have this identity's key as a trusted one. */
  peers: z.array(z.string()),
});
export type LeftBehind = z.output<typeof LeftBehind>;

export const closedBy = ({ closed, released }: Leaving): Closed => ({
  mailboxes: closed.map(shown),
  nicks: released.map(addressOf),
});

export const leftBy = ({ left, kept }: Leaving, peers: readonly string[]): LeftBehind => ({
  mailboxes: left.map(({ mailbox, why }) => ({ ...shown(mailbox), why })),
  nicks: kept.map(addressOf),
  peers: [...peers],
});

/** As far as they can be read: what is broken goes, too. */
export async function peersOf(home: Home): Promise<readonly string[]> {
  const [state, trust] = await Promise.all([
    readable(home.readRelayState()),
    readable(home.readTrust()),
  ]);
  const pinned = [...trust?.agents.values() ?? []].filter((agent) => !isSelf(agent));
  const names = [...pinned.map(({ handle }) => handle), ...Object.keys(state?.peers ?? {})];
  return [...new Set(names)].sort();
}

const shown = ({ relayUrl, slotId }: NewMailbox) => ({
  relay_url: shownRelay(relayUrl),
  slot_id: slotId,
});

/** @returns undefined for what is broken */
export async function readable<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof WireError && error.code === "unreadable") return undefined;
    throw error;
  }
}

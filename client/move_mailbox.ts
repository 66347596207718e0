/**
 * From one mailbox to another without losing what is under way: the old one is still read, our nicks
 * name the new one, and peers are told. See docs/protocol/identity-and-events.md §23.
 */
import { WireError } from "../protocol/errors.ts";
import type { RelayUrl } from "../protocol/ids.ts";
import { readBlocklist } from "../store/home/blocklist.ts";
import { readClaimedNicks } from "../store/home/claimed_nicks.ts";
import type { NewMailbox } from "../store/home/mailbox.ts";
import { previousMailboxes, withMovedMailbox } from "../store/home/previous_mailboxes.ts";
import { announceMove, peersToTell } from "./announce_move.ts";
import type { ClientContext } from "./context.ts";
import { allocateMailbox } from "./mailbox.ts";
import { adoptNick } from "./nicks/adopt.ts";
import { addressOf, nicksLeftBehind, type Reclaimed, reclaimNicks } from "./nicks/reclaim.ts";

export interface MoveOptions {
  /** The relay that makes the new mailbox; the same one, or another. */
  readonly url: RelayUrl;
  /** What whoever waits for the lock is shown. */
  readonly owner: string;
  /** Whether peers are told. */
  readonly announce: boolean;
}

export interface Moved {
  readonly mailbox: NewMailbox;
  /** Handles, in their order. */
  readonly told: readonly string[];
  /** Handles of those who could not be told; the daemon tries again. */
  readonly untold: readonly string[];
  /** Nicks of ours, for those who do not know us yet. */
  readonly nicks: Reclaimed;
}

/**
 * The new mailbox is in relay.json, with the old one and who is to be told, before anybody is told:
 * whoever is interrupted has lost nothing, and the next pull goes on telling.
 * @throws {WireError} unreachable, relay_status, relay_garbage (and nothing is changed); conflict;
 * locked; unreadable; write_failed
 */
export async function moveMailbox(context: ClientContext, options: MoveOptions): Promise<Moved> {
  const { home, platform: { clock } } = context;
  const identity = await home.readIdentity();
  // What cannot be read is found before the relay makes anything.
  await home.readRelayState();
  await readClaimedNicks(home);
  const [trust, blocked] = await Promise.all([home.readTrust(), readBlocklist(home)]);
  const mailbox = await allocateMailbox(context, options.url, identity.handle);
  await home.updateRelayState(options.owner, (state) =>
    withMovedMailbox(state, mailbox, {
      at: clock.timestamp(),
      untold: options.announce ? peersToTell(trust, blocked) : [],
    }));
  const { self } = await home.readRelayState();
  if (self?.slot_id !== mailbox.slotId || self.slot_token !== mailbox.slotToken) {
    throw new WireError("conflict", "another command has bound another mailbox in the meantime");
  }
  const old = previousMailboxes(await home.readRelayState()).at(-1);
  if (old !== undefined) await adoptNick(context, identity, old);
  const nicks = await reclaimNicks(context, identity);
  await warnOfNicks(context, nicks);
  const { told, failed } = await announceMove(context, identity);
  for (const { handle, reason } of failed) {
    context.warn(`warn: could not tell ${handle} of the new mailbox: ${reason}`);
  }
  if (failed.length > 0) context.warn("warn: the daemon, or the next wire pull, tells them later");
  return { mailbox, told, untold: failed.map(({ handle }) => handle), nicks };
}

async function warnOfNicks(
  { home, warn }: ClientContext,
  { waiting }: Reclaimed,
): Promise<void> {
  for (const { nick, relayUrl, reason } of waiting) {
    warn(`warn: ${nick} on ${relayUrl} does not name the new mailbox yet: ${reason}`);
  }
  if (waiting.length > 0) warn("warn: the daemon, or the next wire pull, claims again");
  const left = nicksLeftBehind(await home.readRelayState(), await readClaimedNicks(home));
  for (const entry of left) {
    warn(
      `warn: ${addressOf(entry)} names the old mailbox, which is read as long as it does; ` +
        `to have the name here, too: wire claim ${entry.nick}`,
    );
  }
}

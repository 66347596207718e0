/**
 * The nick of a new session: its name, or that with a number where the name is taken or reserved.
 * See docs/protocol/cli.md §7.1 and §9, S13.
 */
import { WireError } from "../../protocol/errors.ts";
import { isClaimableNick } from "../../protocol/identity/did.ts";
import type { RelayUrl } from "../../protocol/ids.ts";
import { readClaimedNicks } from "../../store/home/claimed_nicks.ts";
import type { Identity } from "../../store/home/identity.ts";
import type { NewMailbox } from "../../store/home/mailbox.ts";
import type { ClientContext } from "../context.ts";
import { claimKept, isTaken } from "../nicks/claim_kept.ts";

const ATTEMPTS = 5;
const MAX_NICK = 32;

/** The nick that the relay has confirmed for that mailbox. Asks nobody. @throws {WireError} unreadable */
export async function claimedNick(
  { home }: ClientContext,
  { relayUrl, slotId }: NewMailbox,
): Promise<string | undefined> {
  const { nicks } = await readClaimedNicks(home);
  return nicks.find((entry) =>
    entry.relay_url === relayUrl && entry.slot_id === slotId && entry.confirmed_at !== undefined
  )?.nick;
}

/**
 * Claims one unless the mailbox has one.
 * @returns the nick that names the mailbox now
 * @throws {WireError} conflict, when all are taken; as claimKept
 */
export async function ensureNick(
  context: ClientContext,
  identity: Identity,
  mailbox: NewMailbox,
): Promise<string> {
  const there = await claimedNick(context, mailbox);
  if (there !== undefined) return there;
  const { relayUrl } = mailbox;
  for (const nick of nicksFor(identity.handle)) {
    if (!isClaimableNick(nick)) continue;
    try {
      const wanted = { nick, relayUrl, publicUrl: relayUrl, isHidden: false };
      return (await claimKept(context, identity, wanted)).nick;
    } catch (error) {
      if (!isTaken(error)) throw error;
    }
  }
  throw noNick(identity.handle, relayUrl);
}

function* nicksFor(handle: string): Generator<string, void, undefined> {
  yield handle.toLowerCase();
  for (let number = 1; number < ATTEMPTS; number++) {
    const suffix = `-${number}`;
    yield handle.toLowerCase().slice(0, MAX_NICK - suffix.length) + suffix;
  }
}

const noNick = (handle: string, relay: RelayUrl): WireError =>
  new WireError("conflict", `Cannot claim a nick on ${relay}: ${handle} and its kin are taken`, {
    hint: "the session has its mailbox; in it, choose a nick yourself: wire claim <nick>",
  });

/**
 * After a move the nicks that we claimed are made to name the new mailbox, so that strangers find us
 * and the old one can be closed. One that cannot be claimed now is claimed later.
 * See docs/protocol/extensions.md §2.
 */
import type { RelayState } from "../../protocol/schemas/relay_state.ts";
import { visible } from "../../protocol/text/visible.ts";
import {
  type ClaimedNick,
  type ClaimedNicks,
  nicksNaming,
  readClaimedNicks,
} from "../../store/home/claimed_nicks.ts";
import type { OwnSlot } from "../../store/home/grants.ts";
import type { Identity } from "../../store/home/identity.ts";
import type { ClientContext } from "../context.ts";
import { mayPass } from "../grants/may_pass.ts";
import { errorText } from "../sync/error_text.ts";
import { shownAddress } from "./peer_address.ts";
import { claimKept, isTaken, mailboxAt } from "./claim_kept.ts";

export interface WaitingNick {
  readonly nick: string;
  readonly relayUrl: string;
  /** Without any token. */
  readonly reason: string;
}

export interface Reclaimed {
  /** As `nick@host[:port]`; the relay has said that they name the new mailbox. */
  readonly claimed: readonly string[];
  readonly waiting: readonly WaitingNick[];
}

/** Those that name another mailbox than they should, or of which that is not known. Pure. */
export const nicksDue = (state: RelayState, { nicks }: ClaimedNicks): readonly ClaimedNick[] =>
  nicks.filter(({ relay_url, slot_id, confirmed_at }) => {
    const mailbox = mailboxAt(state, relay_url);
    return mailbox !== undefined && (mailbox.slotId !== slot_id || confirmed_at === undefined);
  });

/** Those at relays where we have no mailbox any more: nothing there can be named instead. Pure. */
export const nicksLeftBehind = (
  state: RelayState,
  { nicks }: ClaimedNicks,
): readonly ClaimedNick[] =>
  nicks.filter(({ relay_url }) => mailboxAt(state, relay_url) === undefined);

/** As people read it. */
export const addressOf = ({ nick, public_url }: ClaimedNick): string =>
  visible(shownAddress(nick, public_url), { maxLength: 320 });

/**
 * Claims again whatever is due, hidden and reached as it was; the same again asks nobody. A nick that
 * is somebody else's by now is told on stderr, and waits no more.
 * @throws {WireError} unreadable, write_failed; the signal's reason once it is aborted
 */
export async function reclaimNicks(
  context: ClientContext,
  identity: Identity,
  signal?: AbortSignal,
): Promise<Reclaimed> {
  const { home } = context;
  const due = nicksDue(await home.readRelayState(), await readClaimedNicks(home));
  const claimed: string[] = [];
  const waiting: WaitingNick[] = [];
  for (const entry of due) {
    signal?.throwIfAborted();
    const { nick, relay_url: relayUrl, public_url: publicUrl, hidden: isHidden } = entry;
    const before = waiting.find((it) => it.relayUrl === relayUrl);
    if (before !== undefined) {
      waiting.push({ ...before, nick }); // a relay that is silent is not asked for each
      continue;
    }
    try {
      await claimKept(context, identity, { nick, relayUrl, publicUrl, isHidden });
      claimed.push(addressOf(entry));
    } catch (error) {
      if (!mayPass(error)) throw error;
      const reason = visible(errorText(error), { maxLength: 300 });
      if (isTaken(error)) {
        context.warn(`warn: ${addressOf(entry)} is not ours any more: ${reason}`);
      } else waiting.push({ nick, relayUrl, reason });
    }
  }
  return { claimed, waiting };
}

/** Whether a nick of ours names that mailbox, or may: it must not be closed. @throws {WireError} unreadable */
export const isNamed = async ({ home }: ClientContext, slot: OwnSlot): Promise<boolean> =>
  nicksNaming(await readClaimedNicks(home), slot).length > 0;

/**
 * A nick that another program claimed with our key, 0.5.19 for one, which has no record of nicks: the
 * directory says so, and from then on it follows us. See docs/protocol/relay.md §5.11.
 */
import { WireError } from "../../protocol/errors.ts";
import { isClaimableNick } from "../../protocol/identity/did.ts";
import type { RelayUrl } from "../../protocol/ids.ts";
import {
  nickAt,
  readClaimedNicks,
  updateClaimedNicks,
  withNick,
} from "../../store/home/claimed_nicks.ts";
import type { OwnSlot } from "../../store/home/grants.ts";
import type { Identity } from "../../store/home/identity.ts";
import type { ClientContext } from "../context.ts";
import { resolve, type Resolved } from "../directory_client.ts";

/**
 * Notes that our handle is a nick at that mailbox's relay, if it names the mailbox. Whether it is
 * hidden no relay tells; whoever claims it again leaves that as it is.
 * @throws {WireError} locked, unreadable, write_failed
 */
export async function adoptNick(
  context: ClientContext,
  { did, handle }: Identity,
  { relayUrl, slotId }: OwnSlot,
): Promise<void> {
  const { home, platform: { clock } } = context;
  const at = { nick: handle, relay_url: relayUrl };
  if (!isClaimableNick(handle) || nickAt(await readClaimedNicks(home), at) !== undefined) return;
  const found = await lookUp(context, relayUrl, handle);
  if (found?.card.did !== did || found.slotId !== slotId) return;
  const entry = {
    ...at,
    public_url: found.relayUrl ?? relayUrl,
    hidden: false,
    slot_id: slotId,
    confirmed_at: clock.timestamp(),
  };
  await updateClaimedNicks(
    home,
    "wire, a claim",
    (record) => nickAt(record, at) === undefined ? withNick(record, entry) : record,
  );
}

async function lookUp(
  context: ClientContext,
  relay: RelayUrl,
  nick: string,
): Promise<Resolved | undefined> {
  try {
    return await resolve(context, relay, nick);
  } catch (error) {
    // Nobody has claimed it, or what the relay says is no answer: there is nothing that we know of.
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

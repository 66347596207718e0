/**
 * Who can do what with our mailboxes, as our own record has it: for screens and for the end of a
 * move. See docs/protocol/extensions.md, opening rule 3 and §2.
 */
import { compareCodePoints } from "../../protocol/json/print.ts";
import type { RelayState } from "../../protocol/schemas/relay_state.ts";
import { agentOf, isSelf, type TrustStore } from "../../protocol/trust/trust.ts";
import {
  classOf,
  type GrantEntry,
  grantsOn,
  inviteOf,
  type OwnSlot,
  readGrants,
  type SlotClass,
} from "../../store/home/grants.ts";
import type { Home } from "../../store/home/home.ts";
import type { NewMailbox } from "../../store/home/mailbox.ts";
import type { ClientContext } from "../context.ts";
import { mainMailbox, ownMailboxes } from "./own_mailboxes.ts";

/** What a mailbox without grants costs; for status and doctor. */
export const SHARED_COST = "relay cannot issue per-peer tokens: every peer can read this mailbox";

export interface Exposure extends OwnSlot {
  /** One that nobody has asked about counts as shared. */
  readonly class: SlotClass;
  /** Handles of pinned peers that hold, or may hold, the mailbox's own token; empty for `owner`. */
  readonly tokenHolders: readonly string[];
}

/** Each of our mailboxes, those that we moved out of too. @throws {WireError} unreadable */
export async function exposures(home: Home): Promise<readonly Exposure[]> {
  const [grants, trust, state] = await Promise.all([
    readGrants(home),
    home.readTrust(),
    home.readRelayState(),
  ]);
  const peers = pinnedPeers(trust, state);
  return ownMailboxes(state).map(({ relayUrl, slotId }) => {
    const slotClass = classOf(grants, { relayUrl, slotId }) ?? "shared";
    return { relayUrl, slotId, class: slotClass, tokenHolders: slotClass === "owner" ? [] : peers };
  });
}

/** Whoever may have been given our token: a request of ours, too, may have carried it. */
const pinnedPeers = (trust: TrustStore, { peers }: RelayState): readonly string[] =>
  [...new Set([...trust.agents.keys(), ...Object.keys(peers)])]
    .filter((handle) => {
      const agent = agentOf(trust, handle);
      return agent === undefined || !isSelf(agent);
    })
    .sort(compareCodePoints);

/** Whether the peer holds a token that we made: a grant of its own, or that of an invite it used. */
export const wasGiven = async (home: Home, did: string): Promise<boolean> =>
  (await readGrants(home)).grants.some((entry) =>
    entry.holder === did || (entry.acceptors?.some((acceptor) => acceptor.did === did) ?? false)
  );

/** By DID: the `grant_id` that the peer holds; on the mailbox that we give to new peers first. */
export async function grantIds(home: Home): Promise<ReadonlyMap<string, string>> {
  const [grants, state] = await Promise.all([readGrants(home), home.readRelayState()]);
  const main = mainMailbox(state);
  const others = ownMailboxes(state).filter(({ slotId }) => slotId !== main?.slotId);
  const ids = new Map<string, string>();
  for (const slot of main === undefined ? others : [main, ...others]) {
    // Of several the last one, as it was given last.
    for (const entry of grantsOn(grants, slot).filter(isHeld).toReversed()) {
      if (!ids.has(entry.holder)) ids.set(entry.holder, entry.grant_id);
    }
  }
  return ids;
}

const isHeld = (entry: GrantEntry): entry is GrantEntry & { grant_id: string } =>
  entry.grant_id !== undefined && entry.revoke_since === undefined &&
  inviteOf(entry) === undefined;

/**
 * DIDs of the peers that have posted with their own grant of that mailbox: they know where it is.
 * @throws {WireError} unreachable, relay_status, relay_garbage; unreadable
 */
export async function whoUsed(
  context: ClientContext,
  mailbox: NewMailbox,
): Promise<ReadonlySet<string>> {
  const entries = grantsOn(await readGrants(context.home), mailbox).filter(isHeld);
  if (entries.length === 0) return new Set();
  const rows = await context.relay(mailbox.relayUrl).grants.list(mailbox);
  const used = new Set(rows.filter((row) => row.last_used_at !== null).map((row) => row.grant_id));
  return new Set(entries.filter((entry) => used.has(entry.grant_id)).map((entry) => entry.holder));
}

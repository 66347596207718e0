/**
 * Taking grants back. First it is written down that they are to go, and only the relay's answer takes
 * them from the record: one that cannot be reached is asked again. See docs/protocol/extensions.md §2.
 */
import {
  type Acceptor,
  type GrantEntry,
  grantLabelled,
  readGrants,
  updateGrants,
  withChanged,
  withoutGrants,
  withOwed,
} from "../../store/home/grants.ts";
import type { NewMailbox } from "../../store/home/mailbox.ts";
import type { ClientContext } from "../context.ts";
import { mayPass } from "./may_pass.ts";
import { ASKING_MS, lockMinting, revokeLabelled } from "./mint.ts";
import { ownMailbox } from "./own_mailboxes.ts";

const OWNER = "wire, revoking grants";

export interface Revocation {
  /** Grants that their relays no longer take: they have said so. */
  readonly revoked: number;
  /** Those whose relay has not said so yet; the daemon, or the next pull, asks again. */
  readonly waiting: number;
  /** Of those that wait: relay.json does not name their mailbox any more, so nobody can ask. */
  readonly orphaned: number;
}

/**
 * Ends every grant of that peer. Again is the same.
 * @throws {WireError} locked, unreadable, write_failed
 */
export async function revokeFor(context: ClientContext, did: string): Promise<Revocation> {
  return await revokeWhere(context, ({ holder }) => holder === did);
}

/**
 * Ends those, and asks once more for what is waiting of them. Who used an invite and was not told of
 * a grant of its own is still told, but for whoever is shut out.
 * @throws {WireError} locked, unreadable, write_failed
 */
export async function revokeWhere(
  context: ClientContext,
  isMeant: (entry: GrantEntry) => boolean,
  { shutOut }: { readonly shutOut?: string } = {},
): Promise<Revocation> {
  const { home, platform: { clock } } = context;
  const { grants, owed } = await readGrants(home);
  const isOut = (acceptor: Acceptor): boolean => acceptor.did === shutOut;
  if (!grants.some(isMeant) && !owed.some(isOut)) return { revoked: 0, waiting: 0, orphaned: 0 };
  const at = clock.timestamp();
  await updateGrants(home, OWNER, (current) => {
    const isEnding = (entry: GrantEntry) => isMeant(entry) && entry.revoke_since === undefined;
    const untold = current.grants.filter(isEnding).flatMap(({ acceptors = [] }) =>
      acceptors.filter((acceptor) => !acceptor.told && !isOut(acceptor))
    );
    const ended = withChanged(current, (entry) => isEnding(entry) ? ending(entry, at) : entry);
    const left = ended.owed.filter((acceptor) => !isOut(acceptor));
    return withOwed(left.length === ended.owed.length ? ended : { ...ended, owed: left }, untold);
  });
  return await revokeWaiting(context, isMeant);
}

function ending({ acceptors, ...entry }: GrantEntry, at: string): GrantEntry {
  const told = acceptors?.filter((acceptor) => acceptor.told);
  return { ...entry, ...(told === undefined ? {} : { acceptors: told }), revoke_since: at };
}

/**
 * Asks the relays for all revocations that are waiting.
 * @throws {WireError} locked, unreadable, write_failed
 */
export async function revokeWaiting(
  context: ClientContext,
  isMeant: (entry: GrantEntry) => boolean = () => true,
): Promise<Revocation> {
  const { home } = context;
  const { grants } = await readGrants(home);
  const due = grants.filter((entry) => entry.revoke_since !== undefined && isMeant(entry));
  const state = due.length === 0 ? undefined : await home.readRelayState();
  let [revoked, waiting, orphaned] = [0, 0, 0];
  for (
    const group of Map.groupBy(due, ({ relay_url, slot_id }) => `${relay_url} ${slot_id}`).values()
  ) {
    const [first] = group;
    const slot = first && { relayUrl: first.relay_url, slotId: first.slot_id };
    const mailbox = state && slot && ownMailbox(state, slot);
    if (mailbox === undefined) {
      // It stays in the record: with relay.json as it was, the relay can be asked.
      waiting += group.length;
      orphaned += group.length;
      continue;
    }
    const done = await revokeOn(context, mailbox, group);
    revoked += done;
    waiting += group.length - done;
  }
  return { revoked, waiting, orphaned };
}

/** @returns how many the relay has confirmed; after its first failure the others wait */
async function revokeOn(
  context: ClientContext,
  mailbox: NewMailbox,
  entries: readonly GrantEntry[],
): Promise<number> {
  const signal = context.platform.clock.timeout(ASKING_MS);
  let done = 0;
  try {
    for (const entry of entries) {
      await revokeOne(context, { ...mailbox, signal }, entry);
      await forget(context, [entry]);
      done++;
    }
  } catch (error) {
    if (!mayPass(error)) throw error; // it stays in the record, and is asked for again
  }
  return done;
}

type Asking = NewMailbox & { readonly signal: AbortSignal };

async function revokeOne(
  context: ClientContext,
  mailbox: Asking,
  { grant_id, label }: GrantEntry,
): Promise<void> {
  const relay = context.relay(mailbox.relayUrl);
  if (grant_id !== undefined) return await relay.grants.revoke(mailbox, grant_id);
  // Whoever asked for it may be waiting for the answer at this moment.
  await using _lock = await lockMinting(context.home, mailbox);
  const id = grantLabelled(await readGrants(context.home), label)?.grant_id;
  if (id !== undefined) await relay.grants.revoke(mailbox, id);
  else await revokeLabelled(relay.grants, mailbox, label);
}

async function forget({ home }: ClientContext, entries: readonly GrantEntry[]): Promise<void> {
  const labels = new Set(entries.map(({ label }) => label));
  await updateGrants(home, OWNER, (grants) => withoutGrants(grants, labels));
}

/**
 * What our relays say of our grants, and what follows: room for verified peers, the end of invites
 * that have done their work, and of grants that nobody holds.
 * See docs/protocol/extensions.md §2 and §14, ruling 8.
 */
import { WireError } from "../../protocol/errors.ts";
import type { EpochMs } from "../../protocol/ids.ts";
import type { GrantRow } from "../../protocol/schemas/relay_api.ts";
import { instantMs } from "../../protocol/text/instant.ts";
import {
  type Acceptor,
  type GrantEntry,
  grantFor,
  type Grants,
  grantsOn,
  inviteOf,
  readGrants,
  updateGrants,
  withoutGrants,
} from "../../store/home/grants.ts";
import type { Home } from "../../store/home/home.ts";
import type { NewMailbox } from "../../store/home/mailbox.ts";
import { PendingInvites } from "../../store/home/pending_invites.ts";
import type { ClientContext } from "../context.ts";
import { entitledPeers } from "./acceptors.ts";
import { mayPass } from "./may_pass.ts";
import { ASKING_MS } from "./mint.ts";
import { ownMailboxes } from "./own_mailboxes.ts";
import { revokeWhere } from "./revoke.ts";

/** By `grant_id`; the relay's clock. */
type UsedAt = ReadonlyMap<string, EpochMs>;

/** How long an acceptor may go on with the invite's grant. */
const INVITE_KEPT_MS = 7 * 86_400_000;

/** @returns whether every relay answered @throws {WireError} locked, unreadable, write_failed */
export async function lookAtGrants(context: ClientContext): Promise<boolean> {
  const { home } = context;
  const grants = await readGrants(home);
  const usedAt = new Map<string, EpochMs>();
  let isComplete = true;
  for (const mailbox of ownMailboxes(await home.readRelayState())) {
    const entries = grantsOn(grants, mailbox);
    if (entries.length === 0) continue;
    try {
      for (const row of await lookAt(context, mailbox, entries)) {
        usedAt.set(row.grant_id, instantMs(row.last_used_at ?? undefined) ?? -Infinity);
      }
    } catch (error) {
      if (!mayPass(error)) throw error;
      isComplete = false; // asked again in a later round
    }
  }
  await endInvites(context, usedAt);
  await endReplaced(context, usedAt);
  return isComplete;
}

async function lookAt(
  context: ClientContext,
  mailbox: NewMailbox,
  entries: readonly GrantEntry[],
): Promise<readonly GrantRow[]> {
  const { home, platform: { clock } } = context;
  const relay = context.relay(mailbox.relayUrl);
  const owned = { ...mailbox, signal: clock.timeout(ASKING_MS) };
  const rows = await relay.grants.list(owned);
  const live = rows.filter((row) => row.revoked_at === null);
  const held = new Map(entries.flatMap((it) => it.grant_id === undefined ? [] : [[it.label, it]]));
  for (const row of live) {
    // Of a lost answer that came after we had asked again: nobody knows its token.
    const entry = held.get(row.label ?? "");
    if (entry !== undefined && entry.grant_id !== row.grant_id) {
      await relay.grants.revoke(owned, row.grant_id);
    }
  }
  const ids = new Set(live.map((row) => row.grant_id));
  const dead = [...held.values()].filter(({ grant_id = "" }) => !ids.has(grant_id));
  if (dead.length > 0) {
    // Somebody else revoked them: whoever asks shall not be given a token that nobody takes.
    const labels = new Set(dead.map(({ label }) => label));
    await updateGrants(home, "wire, grants", (grants) => withoutGrants(grants, labels));
  }
  await raise(context, mailbox, { rows: live, held });
  return rows;
}

/**
 * Ruling 8: whom we verified may write up to the slot's quota. Half full is early enough.
 */
async function raise(
  context: ClientContext,
  mailbox: NewMailbox,
  { rows, held }: {
    readonly rows: readonly GrantRow[];
    readonly held: ReadonlyMap<string, GrantEntry>;
  },
): Promise<void> {
  const full = rows.filter(({ bytes, limits }) => bytes * 2 >= limits.max_bytes);
  if (full.length === 0) return;
  const entitled = await entitledPeers(context.home);
  const relay = context.relay(mailbox.relayUrl);
  const owned = { ...mailbox, signal: context.platform.clock.timeout(ASKING_MS) };
  const mine = full.filter((row) => {
    const entry = held.get(row.label ?? "");
    return entry?.revoke_since === undefined && entitled.has(entry?.holder ?? "");
  });
  const max_bytes = mine.length === 0 ? 0 : (await relay.info()).limits.max_slot_bytes;
  for (const { grant_id, limits } of mine) {
    if (limits.max_bytes < max_bytes) await relay.grants.change(owned, grant_id, { max_bytes });
  }
}

/** Those whose acceptors all have, and use, grants of their own, or have had the time to. */
async function endInvites(context: ClientContext, usedAt: UsedAt): Promise<void> {
  const { home } = context;
  const grants = await readGrants(home);
  const invites = grants.grants.filter((it) =>
    it.revoke_since === undefined && inviteOf(it) !== undefined
  );
  if (invites.length === 0) return;
  const entitled = await entitledPeers(home);
  const over = new Set<string>();
  for (const entry of invites) {
    if (!await isClosed(home, entry)) continue;
    const isServed = entry.acceptors?.every((acceptor) =>
      !entitled.has(acceptor.did) || (acceptor.told && usesOwn(grants, acceptor, usedAt))
    ) ?? true;
    if (isServed || isLongAgo(home, entry)) {
      over.add(entry.label);
    }
  }
  await revokeWhere(context, ({ label }) => over.has(label));
}

/** Since it accepted: one that had a grant before may not have heard yet that it has it again. */
const usesOwn = ({ grants }: Grants, { did, noted_at }: Acceptor, usedAt: UsedAt): boolean =>
  grants.some(({ holder, grant_id = "" }) =>
    holder === did && (usedAt.get(grant_id) ?? -Infinity) >= (instantMs(noted_at) ?? Infinity)
  );

/** A peer that paired again, and has posted with its new grant, does not need the old one. */
async function endReplaced(context: ClientContext, usedAt: UsedAt): Promise<void> {
  const grants = await readGrants(context.home);
  const isReplaced = (entry: GrantEntry): boolean => {
    const slot = { relayUrl: entry.relay_url, slotId: entry.slot_id };
    const last = grantFor(grants, entry.holder, slot);
    return last !== undefined && last.label !== entry.label &&
      (usedAt.get(last.grant_id ?? "") ?? -Infinity) > -Infinity;
  };
  const over = new Set(grants.grants.filter(isReplaced).map(({ label }) => label));
  await revokeWhere(context, ({ label }) => over.has(label));
}

function isLongAgo({ platform: { clock } }: Home, { acceptors = [] }: GrantEntry): boolean {
  const last = Math.max(...acceptors.map(({ noted_at }) => instantMs(noted_at) ?? 0));
  return clock.now() - last >= INVITE_KEPT_MS;
}

/** Nobody can use the invite any more. One whose files cannot be read is left to its expiry. */
async function isClosed(home: Home, entry: GrantEntry): Promise<boolean> {
  const nonce = inviteOf(entry);
  if (nonce === undefined) return false;
  try {
    const { pending } = await new PendingInvites(home).read(nonce);
    return pending === undefined || Math.floor(home.platform.clock.now() / 1000) > pending.exp;
  } catch (error) {
    if (error instanceof WireError && error.code === "unreadable") return false;
    throw error;
  }
}

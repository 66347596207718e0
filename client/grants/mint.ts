/**
 * One live grant for each holder and mailbox, whatever is repeated, killed or done twice at a time:
 * written down, asked for, and its token written down, in this order, by one process at a time.
 * See docs/protocol/extensions.md §2.
 */
import path from "node:path";
import type { FileLock } from "../../platform/files.ts";
import { WireError } from "../../protocol/errors.ts";
import type { SlotToken } from "../../protocol/ids.ts";
import {
  type GrantEntry,
  grantFor,
  grantLabelled,
  type OwnSlot,
  readGrants,
  updateGrants,
  withGrant,
} from "../../store/home/grants.ts";
import type { Home } from "../../store/home/home.ts";
import type { NewMailbox } from "../../store/home/mailbox.ts";
import type { ClientContext } from "../context.ts";
import { featuresOf } from "../relay/features.ts";
import type { AskedLimits, GrantCalls, Owned } from "../relay/grant_calls.ts";

/** Of all that a relay is asked for one grant. */
export const ASKING_MS = 15_000;
/** Longer than whoever has it may ask. */
const LOCK_DEADLINE_MS = 30_000;
const LABEL_BYTES = 16;
const OWNER = "wire, a grant";

export interface Wanted {
  /** A DID, or `invite:<nonce>`. */
  readonly holder: string;
  /** Other than the relay's own. */
  readonly limits?: AskedLimits;
}

/**
 * The token of the holder's grant on that mailbox, whose class is owner: the one there is, or a new
 * one. One that was asked for and never answered is revoked first.
 * @throws {WireError} unreachable, relay_status, relay_garbage, feature_lost; conflict, when it was revoked
 * meanwhile; locked, unreadable, write_failed
 */
export async function mint(
  context: ClientContext,
  mailbox: NewMailbox,
  { holder, limits }: Wanted,
): Promise<SlotToken> {
  const { home, platform: { clock, random } } = context;
  const there = grantFor(await readGrants(home), holder, mailbox)?.token;
  if (there !== undefined) return there;
  await using _lock = await lockMinting(home, mailbox);
  const old = grantFor(await readGrants(home), holder, mailbox);
  if (old?.token !== undefined) return old.token;
  // A relay that makes none any more says so here, and is not asked on its other routes.
  await featuresOf(context, mailbox.relayUrl);
  const owned = { ...mailbox, signal: clock.timeout(ASKING_MS) };
  const relay = context.relay(mailbox.relayUrl);
  if (old !== undefined) await revokeLabelled(relay.grants, owned, old.label);
  const entry: GrantEntry = old ?? {
    holder,
    relay_url: mailbox.relayUrl,
    slot_id: mailbox.slotId,
    label: random.bytes(LABEL_BYTES).toHex(),
    made_at: clock.timestamp(),
  };
  if (old === undefined) {
    await updateGrants(home, OWNER, (grants) => withGrant(grants, entry));
  }
  const { grant_id, token } = await relay.grants.create(owned, { ...limits, label: entry.label });
  if (token === mailbox.slotToken) {
    throw new WireError(
      "relay_garbage",
      `grant_create at ${relay.url}: it gave our own token back`,
    );
  }
  const after = await updateGrants(home, OWNER, (grants) => {
    const current = grantLabelled(grants, entry.label) ?? entry;
    return withGrant(grants, { ...current, grant_id, token });
  });
  if (grantLabelled(after, entry.label)?.revoke_since === undefined) return token;
  throw new WireError("conflict", "the peer was forgotten or blocked by another command meanwhile");
}

/** Live ones of that label, whoever made them. */
export async function revokeLabelled(
  relay: GrantCalls,
  owned: Owned,
  label: string,
): Promise<void> {
  for (const row of await relay.list(owned)) {
    if (row.label === label && row.revoked_at === null) await relay.revoke(owned, row.grant_id);
  }
}

/** Held by whoever may not know what becomes of a request. @throws {WireError} locked */
export async function lockMinting(home: Home, { slotId }: OwnSlot): Promise<FileLock> {
  const { platform: { files }, paths: { stateRoot } } = home;
  await home.ensureRoots();
  const directory = path.join(stateRoot, "minting");
  await files.ensureDirectory(directory);
  const lock = path.join(directory, `${slotId}.lock`);
  return await files.lock(lock, { owner: OWNER, deadlineMs: LOCK_DEADLINE_MS });
}

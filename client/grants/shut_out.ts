/**
 * A peer that is forgotten or blocked can post to us no more: not with its own grants, and not with
 * the token of an invite that it used, which stands in the invite's URL. Such an invite is over for
 * everybody; who used it, too, is told of a grant of its own. See docs/protocol/extensions.md §2.
 */
import { type GrantEntry, inviteOf, readGrants } from "../../store/home/grants.ts";
import type { Home } from "../../store/home/home.ts";
import { PendingInvites } from "../../store/home/pending_invites.ts";
import { WireError } from "../../protocol/errors.ts";
import type { ClientContext } from "../context.ts";
import { revokeWhere } from "./revoke.ts";

/**
 * Again is the same. What others may have noticed is told on stderr, and what is still waiting.
 * @param did "" for a peer that has none
 * @throws {WireError} locked, unreadable, write_failed
 */
export async function shutOut(context: ClientContext, did: string): Promise<void> {
  if (did === "") return;
  const { home, warn } = context;
  const used = (await readGrants(home)).grants.filter((entry) => isUsedBy(entry, did));
  const { waiting, orphaned } = await revokeWhere(
    context,
    (entry) => entry.holder === did || isUsedBy(entry, did),
    { shutOut: did },
  );
  const open = await openInvites(home, used);
  if (open > 0) {
    warn(
      `${open} invite(s) that ${did} used are over, as it has their token: for those who have not ` +
        "accepted yet, make another: wire invite",
    );
  }
  if (waiting > orphaned) {
    warn(
      `the relay has not confirmed that ${
        waiting - orphaned
      } token(s) of ${did} are revoked; the ` +
        "daemon, or the next wire pull, asks again",
    );
  }
  if (orphaned > 0) {
    warn(
      `${orphaned} token(s) of ${did} cannot be revoked: relay.json does not name their mailbox, ` +
        "which nobody reads here any more",
    );
  }
}

const isUsedBy = (entry: GrantEntry, did: string): boolean =>
  inviteOf(entry) !== undefined &&
  (entry.acceptors?.some((acceptor) => acceptor.did === did) ?? false);

/** How many of them others could have used. */
async function openInvites(home: Home, entries: readonly GrantEntry[]): Promise<number> {
  const invites = new PendingInvites(home);
  const now = Math.floor(home.platform.clock.now() / 1000);
  let open = 0;
  for (const entry of entries) {
    const nonce = inviteOf(entry);
    if (nonce === undefined || entry.revoke_since !== undefined) continue;
    try {
      const { pending } = await invites.read(nonce);
      if (pending !== undefined && now <= pending.exp) open++;
    } catch (error) {
      // Its grant is revoked all the same; that it was of use to others cannot be ruled out.
      if (!(error instanceof WireError && error.code === "unreadable")) throw error;
      open++;
    }
  }
  return open;
}

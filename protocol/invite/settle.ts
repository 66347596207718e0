/**
 * Whether a nonce still earns its sender a pin. Pure: what is on the disk in, what shall be there
 * out. See docs/protocol/pairing.md §14.5.
 */
import type { InviteAccount, PendingInvite } from "./invite_record.ts";

export type SettledTag =
  /** A use was taken for this DID just now. */
  | "redeemed"
  /** This DID has taken a use before: what was interrupted may be finished, and nothing else. */
  | "repeat"
  /** The invite's last second has passed. */
  | "expired"
  /** Nothing is left: others took it, the operator removed the file, or forgot this DID since. */
  | "spent"
  /** We issued no such invite. */
  | "unknown";

export interface InviteFiles {
  readonly pending: PendingInvite | undefined;
  readonly account: InviteAccount | undefined;
}

export interface Settled extends InviteFiles {
  readonly tag: SettledTag;
}

export interface Redeemer {
  /** Of an admitted card that signed the event which carries the nonce. */
  readonly did: string;
  /** RFC 3339, now. */
  readonly at: string;
  /** Unix seconds, now. */
  readonly now: number;
  /** Whether that DID is pinned at this moment. */
  readonly isPinned: boolean;
}

/**
 * Either file may be newer than the other: 0.5.19 changes only its own, and a crash may lie between
 * our two writes. A use counts as taken if either of them says so.
 */
export function settle(files: InviteFiles, { did, at, now, isPinned }: Redeemer): Settled {
  const account = files.account ?? accountOf(files.pending);
  if (account === undefined) return { ...files, tag: "unknown" };
  if (now > account.exp) return { tag: "expired", account, pending: undefined };
  const known = new Set([
    ...account.accepted.map((use) => use.did),
    ...(files.pending?.accepted_by ?? []),
  ]);
  const left = usesLeft(account, files.pending, known.size);
  const pending = withUses(files.pending, known, left);
  if (known.has(did)) {
    const wasPinned = account.accepted.some((use) => use.did === did && use.pinned === true);
    return { tag: wasPinned && !isPinned ? "spent" : "repeat", account, pending };
  }
  if (left === 0) return { tag: "spent", account, pending };
  return {
    tag: "redeemed",
    account: { ...account, accepted: [...account.accepted, { did, at }] },
    pending: withUses(files.pending, new Set([...known, did]), left - 1),
  };
}

/** The pin of that DID is on the disk. @returns the same account if it says so, or knows no such use */
export function withPin(account: InviteAccount, did: string): InviteAccount {
  if (!account.accepted.some((use) => use.did === did && use.pinned !== true)) return account;
  const accepted = account.accepted.map((use) => use.did === did ? { ...use, pinned: true } : use);
  return { ...account, accepted };
}

/** Of an invite that 0.5.19 issued in this home. */
function accountOf(pending: PendingInvite | undefined): InviteAccount | undefined {
  if (pending === undefined) return undefined;
  const { nonce, exp, uses_remaining, accepted_by, created_at } = pending;
  const accepted = [...new Set(accepted_by)].map((did) => ({ did, at: created_at }));
  return { nonce, exp, uses: Math.max(1, uses_remaining + accepted.length), accepted };
}

function usesLeft(
  { uses, accepted }: InviteAccount,
  pending: PendingInvite | undefined,
  known: number,
): number {
  // Gone while uses are left: 0.5.19 gave the last one away, or a person took the invite back.
  if (pending === undefined) return 0;
  const unwritten = accepted.filter(({ did }) => !pending.accepted_by.includes(did)).length;
  return Math.max(0, Math.min(uses - known, pending.uses_remaining - unwritten));
}

/** @returns undefined when nothing is left: then 0.5.19 has no file either */
function withUses(
  pending: PendingInvite | undefined,
  accepted: ReadonlySet<string>,
  left: number,
): PendingInvite | undefined {
  if (pending === undefined || left === 0) return undefined;
  return { ...pending, uses_remaining: left, accepted_by: [...accepted] };
}

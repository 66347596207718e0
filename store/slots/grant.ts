/**
 * Grants: tokens of a mailbox that may only post, each with limits of its own. The owner makes one
 * for every peer, so none can read, and each can be revoked alone. See docs/protocol/extensions.md §2.
 */
import type { EpochMs, SlotId } from "../../protocol/ids.ts";

export interface GrantLimits {
  /** Of one event in stored form. */
  readonly maxEventBytes: number;
  /** Kept by the relay in memory. */
  readonly maxEventsPerHour: number;
  /** Of all events that came with the grant. */
  readonly maxBytes: number;
  readonly expiresAt: EpochMs | null;
}

export interface Grant {
  /** 16 lower-case hex digits, unique in the slot. */
  readonly id: string;
  /** SHA-256 of the token, 32 bytes; the token itself is never stored. */
  readonly tokenHash: Uint8Array;
  readonly label: string | null;
  readonly limits: GrantLimits;
  readonly createdAt: EpochMs;
  /** When the last event was stored; as of the commit that stored it. */
  readonly lastUsedAt: EpochMs | null;
  readonly events: number;
  readonly bytes: number;
  readonly revokedAt: EpochMs | null;
}

export type NewGrant = Pick<Grant, "id" | "tokenHash" | "label" | "limits" | "createdAt">;

export const newGrant = (made: NewGrant): Grant => ({
  ...made,
  lastUsedAt: null,
  events: 0,
  bytes: 0,
  revokedAt: null,
});

export type LimitsChanged =
  | { readonly status: "changed"; readonly grant: Grant }
  | { readonly status: "revoked" | "unknown" };

/** Not revoked, of one slot. */
export const MAX_LIVE_GRANTS = 1_024;
/** Kept of one slot; beyond that the first ones revoked are forgotten. */
export const MAX_REVOKED_GRANTS = 4_096;

/** Whatever resolves is durable. A slot that does not exist throws WireError `not_found`. */
export interface GrantStore {
  /** @returns false when the slot has {@linkcode MAX_LIVE_GRANTS} */
  createGrant(slot: SlotId, grant: NewGrant): Promise<boolean>;
  /** Revoked and expired ones too. At most a second old if another process changed it. */
  findGrant(slot: SlotId, tokenHash: Uint8Array): Promise<Grant | undefined>;
  /** All of a slot, in order of creation. */
  grants(slot: SlotId): Promise<readonly Grant[]>;
  changeLimits(slot: SlotId, id: string, change: Partial<GrantLimits>): Promise<LimitsChanged>;
  /** Once it resolves nothing more is stored under the grant. The first time stays. */
  revokeGrant(slot: SlotId, id: string, at: EpochMs): Promise<Grant | undefined>;
}

/** A use of a grant, as the commit that stores the event writes it. */
export const used = (
  grant: Grant,
  use: { readonly at: EpochMs; readonly bytes: number },
): Grant => ({
  ...grant,
  events: grant.events + 1,
  bytes: grant.bytes + use.bytes,
  lastUsedAt: use.at,
});

/** The order in which they are listed. */
export const byCreation = (a: Grant, b: Grant): number =>
  a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1);

/** The revoked ones there is no room for, first revoked first. */
export function forgettable(grants: readonly Grant[]): readonly Grant[] {
  const revoked = grants.filter(({ revokedAt }) => revokedAt !== null)
    .sort((a, b) => (a.revokedAt ?? 0) - (b.revokedAt ?? 0));
  return revoked.slice(0, Math.max(0, revoked.length - MAX_REVOKED_GRANTS));
}

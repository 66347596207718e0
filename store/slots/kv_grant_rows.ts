/**
 * Keys and rows of grants.
 *
 *     ["grant", slot, id]                 limits, usage, revocation; checked by every use
 *     ["grant_of", slot, token hash]      the id
 *     ["grants", slot]                    how many live, how many revoked; checked by every change
 */
import { z } from "zod";
import type { SlotId } from "../../protocol/ids.ts";
import type { Grant } from "./grant.ts";
import { checked } from "./kv_rows.ts";

export const grantKey = (slot: SlotId, id: string): Deno.KvKey => ["grant", slot, id];
export const grantsPrefix = (slot: SlotId): Deno.KvKey => ["grant", slot];
export const grantOfKey = (
  slot: SlotId,
  tokenHash: Uint8Array,
): Deno.KvKey => ["grant_of", slot, tokenHash];
export const grantCountsKey = (slot: SlotId): Deno.KvKey => ["grants", slot];

const count = z.int().min(0);

const GrantRow = z.object({
  id: z.string(),
  tokenHash: z.instanceof(Uint8Array).refine((hash) => hash.length === 32),
  label: z.string().nullable(),
  limits: z.object({
    maxEventBytes: count,
    maxEventsPerHour: count,
    maxBytes: count,
    expiresAt: z.number().nullable(),
  }),
  createdAt: z.number(),
  lastUsedAt: z.number().nullable(),
  events: count,
  bytes: count,
  revokedAt: z.number().nullable(),
});

const GrantCounts = z.object({ live: count, revoked: count });
export type GrantCounts = z.infer<typeof GrantCounts>;

/** @throws {WireError} unreadable */
export const readGrantRow = (value: unknown): Grant => checked(GrantRow, value, "a grant");
/** @throws {WireError} unreadable */
export const readGrantCounts = (value: unknown): GrantCounts =>
  value === null
    ? { live: 0, revoked: 0 }
    : checked(GrantCounts, value, "how many grants there are");
/** @throws {WireError} unreadable */
export const readGrantId = (value: unknown): string => checked(z.string(), value, "a grant's id");

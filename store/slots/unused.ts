/**
 * Mailboxes that somebody made and nobody ever used: without them going again, whoever makes enough
 * fills the relay for good. One goes only if nothing was ever stored in it, it has no grant and no
 * nick, nothing was said of its responder, and nobody has looked into it for long.
 */
import type { EpochMs, SlotId } from "../../protocol/ids.ts";
import { readHandleRow } from "../directory/kv_rows.ts";
import { grantCountsKey } from "./kv_grant_rows.ts";
import {
  countKey,
  headKey,
  healthKey,
  readCount,
  readHeadRow,
  readSlotRow,
  slotKey,
} from "./kv_rows.ts";
import { damaged } from "./packing.ts";
import type { UnusedOptions } from "./slot_store.ts";
import { writing } from "./writing.ts";
import { isSlotId } from "../../protocol/ids.ts";

/** Written again only after so long. */
const SEEN_EVERY_MS = 24 * 3_600_000;

/** `["seen", slot]`: when somebody was known to look into a mailbox in which nothing is. */
export const seenKey = (id: SlotId): Deno.KvKey => ["seen", id];

/**
 * @returns those that have gone
 * @throws {WireError} unreadable, write_failed
 */
export async function removeUnused(
  kv: Deno.Kv,
  { unusedMs, isInUse }: UnusedOptions,
  now: EpochMs,
): Promise<readonly SlotId[]> {
  const removed: SlotId[] = [];
  let named: ReadonlySet<SlotId> | undefined;
  for await (const { key, value } of kv.list({ prefix: ["head"] }, { batchSize: 500 })) {
    const id = slotOf(key);
    if (readHeadRow(value).next > 1) continue;
    const lastAt = await lastUseOf(kv, id, { now, isInUse: isInUse(id) });
    if (lastAt === undefined || lastAt + unusedMs > now) continue;
    named ??= await slotsWithNicks(kv);
    if (!named.has(id) && await remove(kv, id)) removed.push(id);
  }
  return removed;
}

/** @returns undefined if it was used for something that lasts */
async function lastUseOf(
  kv: Deno.Kv,
  id: SlotId,
  { now, isInUse }: { readonly now: EpochMs; readonly isInUse: boolean },
): Promise<EpochMs | undefined> {
  const [slot, seen, grants, health] = await kv.getMany([
    slotKey(id),
    seenKey(id),
    grantCountsKey(id),
    healthKey(id),
  ]);
  if (slot.value === null || grants.value !== null || health.value !== null) return undefined;
  const seenAt = typeof seen.value === "number" ? seen.value : 0;
  if (isInUse) {
    if (seenAt + SEEN_EVERY_MS <= now) {
      await writing("that a mailbox is in use", () => kv.set(seenKey(id), now));
    }
    return now;
  }
  return Math.max(readSlotRow(slot.value).created_at, seenAt);
}

async function slotsWithNicks(kv: Deno.Kv): Promise<ReadonlySet<SlotId>> {
  const slots = new Set<SlotId>();
  for await (const { key, value } of kv.list({ prefix: ["handle"] }, { batchSize: 500 })) {
    slots.add(readHandleRow(String(key[1]), value).slotId);
  }
  return slots;
}

/** @returns false if it is being used just now */
async function remove(kv: Deno.Kv, id: SlotId): Promise<boolean> {
  const [head, seen, grants, health, count] = await kv.getMany([
    headKey(id),
    seenKey(id),
    grantCountsKey(id),
    healthKey(id),
    countKey("slots"),
  ]);
  if (head.value === null || readHeadRow(head.value).next > 1) return false;
  const slots = Math.max(0, readCount(count.value) - 1);
  const operation = kv.atomic().check(head, seen, grants, health, count)
    .delete(slotKey(id)).delete(headKey(id)).delete(seenKey(id))
    .set(countKey("slots"), new Deno.KvU64(BigInt(slots)));
  return (await writing("that a mailbox is gone", () => operation.commit())).ok;
}

function slotOf(key: Deno.KvKey): SlotId {
  const [, id] = key;
  if (typeof id === "string" && isSlotId(id)) return id;
  throw damaged("a slot's head has a key of unknown form");
}

/** What an operator sees of the mailboxes: sizes and times, never tokens nor mail. */
import type { EpochMs, SlotId } from "../../protocol/ids.ts";
import { isSlotId } from "../../protocol/ids.ts";
import { readHandleRow } from "../directory/kv_rows.ts";
import { grantsPrefix, readGrantRow } from "../slots/kv_grant_rows.ts";
import { headKey, readHeadRow, readSlotRow } from "../slots/kv_rows.ts";
import { marksKey, readMarks } from "../slots/marks.ts";
import { damaged } from "../slots/packing.ts";
import type { SlotClass } from "../slots/slot_store.ts";

export interface SlotOverview {
  readonly id: SlotId;
  readonly class: SlotClass;
  readonly isRetired: boolean;
  readonly createdAt: EpochMs;
  /** Of what its relay noted: up to an hour late. */
  readonly lastActivityAt: EpochMs;
  readonly events: number;
  /** That count against its quota. */
  readonly bytes: number;
  readonly acked: number;
  /** Up to this seq only ids are left. */
  readonly dropped: number;
  readonly liveGrants: number;
  readonly revokedGrants: number;
  /** Nicks that stand for it. */
  readonly nicks: readonly string[];
}

/** @throws {WireError} unreadable */
export async function* overviews(kv: Deno.Kv): AsyncIterable<SlotOverview> {
  const nicks = await nicksBySlot(kv);
  for await (const { key, value } of kv.list({ prefix: ["slot"] }, { batchSize: 500 })) {
    const id = slotOf(key);
    const row = readSlotRow(value);
    const [headRow, marksRow] = await kv.getMany([headKey(id), marksKey(id)]);
    const head = readHeadRow(headRow.value);
    const times = [row.created_at, ...readMarks(marksRow.value).map(({ at }) => at)];
    let live = 0;
    let revoked = 0;
    for await (const grant of kv.list({ prefix: grantsPrefix(id) })) {
      const { revokedAt, lastUsedAt } = readGrantRow(grant.value);
      if (lastUsedAt !== null) times.push(lastUsedAt);
      if (revokedAt === null) live += 1;
      else revoked += 1;
    }
    yield {
      id,
      class: row.class,
      isRetired: head.retired === true,
      createdAt: row.created_at,
      lastActivityAt: times.reduce((last, at) => Math.max(last, at)),
      events: head.next - 1,
      bytes: head.bytes,
      acked: head.acked ?? 0,
      dropped: head.dropped ?? 0,
      liveGrants: live,
      revokedGrants: revoked,
      nicks: nicks.get(id) ?? [],
    };
  }
}

async function nicksBySlot(kv: Deno.Kv): Promise<ReadonlyMap<SlotId, readonly string[]>> {
  const nicks = new Map<SlotId, string[]>();
  for await (const { key, value } of kv.list({ prefix: ["handle"] }, { batchSize: 500 })) {
    const nick = String(key[1]);
    const { slotId } = readHandleRow(nick, value);
    nicks.set(slotId, [...nicks.get(slotId) ?? [], nick]);
  }
  return nicks;
}

/** The slot that a row belongs to. @throws {WireError} unreadable */
export function slotOf(key: Deno.KvKey): SlotId {
  const [, id] = key;
  if (typeof id === "string" && isSlotId(id)) return id;
  throw damaged("a row of a slot has a key of unknown form");
}

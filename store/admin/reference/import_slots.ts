/** Mailboxes of the reference relay and their mail, into ours. Whatever is there already stays. */
import type { EpochMs } from "../../../protocol/ids.ts";
import { sha256Hex } from "../../../protocol/identity/encoding.ts";
import { printJson } from "../../../protocol/json/print.ts";
import { isJsonObject, plain, stringMember } from "../../../protocol/json/value.ts";
import { ResponderHealth } from "../../../protocol/schemas/relay_api.ts";
import { digestBytes } from "../../slots/event_key.ts";
import type { NewEvent, SlotStore } from "../../slots/slot_store.ts";
import { told } from "../problem.ts";
import type { Line, OldSlot, OldState } from "./old_state.ts";

export interface ImportedSlots {
  readonly slots: number;
  readonly slotsNew: number;
  /** Lines that are events. */
  readonly events: number;
  readonly eventsNew: number;
  readonly healthNew: number;
}

export interface SlotTarget {
  /** Undefined: nothing is written, and nothing is there yet. */
  readonly store: SlotStore | undefined;
  readonly isDryRun: boolean;
  readonly now: EpochMs;
}

const AT_ONCE = 256;
/** As our relay takes them: clients paste ids into URLs unescaped. */
const ALLOWED_ID = /^[A-Za-z0-9._~-]{1,128}$/;

const encoder = new TextEncoder();

/** @throws {WireError} write_failed */
export async function importSlots(old: OldState, target: SlotTarget): Promise<ImportedSlots> {
  const sum = { slots: 0, slotsNew: 0, events: 0, eventsNew: 0, healthNew: 0 };
  for (const slot of await old.slots()) {
    const isNew = await takeSlot(old, slot, target);
    if (isNew === undefined) continue;
    sum.slots += 1;
    sum.slotsNew += isNew ? 1 : 0;
    const events = eventsOf(old, slot, await old.lines(`slots/${slot.id}.jsonl`));
    sum.events += events.length;
    sum.eventsNew += isNew && target.isDryRun
      ? new Set(events.map((event) => event.id ?? event)).size
      : await importEvents(old, slot, events, target);
    if (await importHealth(old, slot, target)) sum.healthNew += 1;
  }
  return sum;
}

/** @returns whether it was not there yet; undefined if it is another's */
async function takeSlot(
  old: OldState,
  { id, token }: OldSlot,
  { store, isDryRun, now }: SlotTarget,
): Promise<boolean | undefined> {
  const tokenHash = Uint8Array.fromHex(sha256Hex(token));
  const found = await store?.find(id);
  if (found === undefined) {
    if (store !== undefined && !isDryRun) {
      // Its token may be in any peer's hands, so it has the powers that it always had.
      await store.create({ id, tokenHash, createdAt: now, class: "shared" });
    }
    return true;
  }
  if (found.tokenHash.toHex() === tokenHash.toHex()) return false;
  old.skip("tokens.json", `slot ${id} is here already, with another token`);
  return undefined;
}

function eventsOf(old: OldState, { id: slot }: OldSlot, lines: readonly Line[]): NewEvent[] {
  return lines.map(({ value }, i): NewEvent => {
    // Of what that relay wrote, this is the line itself.
    const text = printJson(value);
    const id = isJsonObject(value) ? stringMember(value, "event_id") : undefined;
    if (id === undefined || ALLOWED_ID.test(id)) return { text, id };
    old.skip(
      `slots/${slot}.jsonl`,
      `event ${i + 1} was taken without its id, which is not allowed`,
    );
    return { text, id: undefined };
  });
}

/** @returns how many were not there yet */
async function importEvents(
  old: OldState,
  { id }: OldSlot,
  events: readonly NewEvent[],
  { store, isDryRun }: SlotTarget,
): Promise<number> {
  if (store === undefined) return 0;
  const withoutId = events.some((event) => event.id === undefined)
    ? await digestsWithoutId(store, id)
    : new Map<string, number>();
  const missing = events.filter((event) => event.id !== undefined || !isThere(event, withoutId));
  if (isDryRun) {
    let count = 0;
    for (const event of missing) {
      const seq = event.id === undefined ? undefined : await store.seqOf(id, event.id);
      if (seq === undefined) count += 1;
    }
    return count;
  }
  let stored = 0;
  for (let at = 0; at < missing.length; at += AT_ONCE) {
    for (const answer of await store.appendAll(id, missing.slice(at, at + AT_ONCE))) {
      if (answer.status === "stored") stored += 1;
      else if (answer.status === "failed") throw answer.error;
      else if (answer.status !== "duplicate") {
        old.skip(`slots/${id}.jsonl`, `an event was not taken: the slot is ${answer.status}`);
      }
    }
  }
  return stored;
}

/** Events without an id are told from each other by their bytes: how many there are of each. */
async function digestsWithoutId(store: SlotStore, id: OldSlot["id"]): Promise<Map<string, number>> {
  const digests = new Map<string, number>();
  for (let after = 0;;) {
    const { entries, next, head } = await store.entries(id, {
      after,
      limit: 1_000,
      maxBytes: 8 * 1024 * 1024,
    });
    for (const { bytes } of entries) {
      const digest = digestBytes(bytes).toHex();
      digests.set(digest, (digests.get(digest) ?? 0) + 1);
    }
    if (next > head) return digests;
    after = next - 1;
  }
}

/** Takes one of them away, so that as many are stored as there were. */
function isThere({ text }: NewEvent, digests: Map<string, number>): boolean {
  const digest = digestBytes(encoder.encode(text)).toHex();
  const count = digests.get(digest) ?? 0;
  if (count > 0) digests.set(digest, count - 1);
  return count > 0;
}

async function importHealth(
  old: OldState,
  { id }: OldSlot,
  { store, isDryRun }: SlotTarget,
): Promise<boolean> {
  const file = `responder-health/${id}.json`;
  const value = await old.document(file);
  if (value === undefined || await store?.health(id) !== undefined) return false;
  const health = ResponderHealth.safeParse(plain(value));
  if (!health.success) {
    old.skip(file, told(health.error));
    return false;
  }
  const { status, reason, last_success_at, set_at } = health.data;
  if (!isDryRun) await store?.setHealth(id, { status, reason, last_success_at, set_at });
  return true;
}

/** Opening the durable store, and refusing one that is damaged or somebody else's. */
import { WireError } from "../../protocol/errors.ts";
import { FORMAT, formatKey, readHeadRow, readSlotRow } from "./kv_rows.ts";

export interface KvPlace {
  /** A file's path, the URL of a KV Connect server, or undefined: the one the platform provides. */
  readonly place: string | undefined;
  /** What the message calls it. */
  readonly name: string;
  /** The store was there before: an empty one would mean that every mailbox is lost. */
  readonly mustExist: boolean;
  /** Whether every row is looked at; over a network that would take too long. */
  readonly isChecked: boolean;
  /** Put around the store before anything is asked of it. */
  over?(kv: Deno.Kv): Deno.Kv;
}

/** @throws {WireError} unreadable, if it cannot be opened, is damaged, or has another format */
export async function openKv(place: KvPlace): Promise<Deno.Kv> {
  let kv: Deno.Kv | undefined;
  try {
    kv = await Deno.openKv(place.place);
    kv = place.over?.(kv) ?? kv;
    await checkFormat(kv, place);
    if (place.isChecked) await checkRows(kv);
    return kv;
  } catch (cause) {
    kv?.close();
    if (cause instanceof WireError && cause.message.startsWith("Cannot open")) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw cannotOpen(place, reason, cause);
  }
}

async function checkFormat(kv: Deno.Kv, place: KvPlace): Promise<void> {
  const row = await kv.get(formatKey);
  if (row.value === FORMAT) return;
  if (row.value !== null) throw cannotOpen(place, `its format is ${row.value}, not ${FORMAT}`);
  for await (const _ of kv.list({ prefix: [] }, { limit: 1 })) {
    throw cannotOpen(place, "it holds something that is not a relay's");
  }
  if (place.mustExist) throw cannotOpen(place, "it is empty, and it was not");
  const made = await kv.atomic().check(row).set(formatKey, FORMAT).commit();
  if (!made.ok) await checkFormat(kv, place); // another relay was quicker
}

/** Credentials and heads; segments are checked when they are read. */
async function checkRows(kv: Deno.Kv): Promise<void> {
  for await (const { value } of kv.list({ prefix: ["slot"] }, { batchSize: 500 })) {
    readSlotRow(value);
  }
  for await (const { value } of kv.list({ prefix: ["head"] }, { batchSize: 500 })) {
    readHeadRow(value);
  }
}

const cannotOpen = (place: KvPlace, reason: string, cause?: unknown): WireError =>
  new WireError("unreadable", `Cannot open the relay's store ${place.name}: ${reason}`, { cause });

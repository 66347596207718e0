/**
 * `pending-pair/<code>.json`: a typed record of 0.5.19, read strictly and written in its fixed order.
 * See docs/protocol/pairing.md §11.1.
 */
import type { ReferenceHome } from "./home.ts";
import { readText } from "./home.ts";
import { isObject, type Ref, tryParse } from "./json.ts";

export interface PendingRecord {
  readonly code: string;
  readonly code_hash: string;
  readonly role: string;
  readonly relay_url: string;
  readonly status: string;
  readonly sas: string | null;
  readonly peer_did: string | null;
  readonly created_at: string;
  readonly last_error: string | null;
  readonly pair_id: string | null;
  readonly our_slot_id: string | null;
  readonly our_slot_token: string | null;
  readonly spake2_seed_b64: string | null;
}

export const pendingPath = (home: ReferenceHome, code: string): string =>
  `${home.state}/pending-pair/${code.replace(/[^A-Za-z0-9-]/g, "_")}.json`;

export async function writePending(home: ReferenceHome, record: PendingRecord): Promise<void> {
  await Deno.mkdir(`${home.state}/pending-pair`, { recursive: true });
  const ordered: PendingRecord = {
    code: record.code,
    code_hash: record.code_hash,
    role: record.role,
    relay_url: record.relay_url,
    status: record.status,
    sas: record.sas,
    peer_did: record.peer_did,
    created_at: record.created_at,
    last_error: record.last_error,
    pair_id: record.pair_id,
    our_slot_id: record.our_slot_id,
    our_slot_token: record.our_slot_token,
    spake2_seed_b64: record.spake2_seed_b64,
  };
  await Deno.writeTextFile(pendingPath(home, record.code), JSON.stringify(ordered, null, 2));
}

/** Undefined for a file that is missing or that its typed reader would pass over. */
export async function readPending(path: string): Promise<PendingRecord | undefined> {
  const value = tryParse(await readText(path) ?? "");
  if (!isObject(value)) return undefined;
  const required = (name: string): string => {
    const item = value.get(name);
    if (typeof item !== "string") throw new TypeError(name);
    return item;
  };
  const optional = (name: string): string | null => {
    const item: Ref | undefined = value.get(name);
    if (item === undefined || item === null) return null;
    return required(name);
  };
  try {
    return {
      code: required("code"),
      code_hash: required("code_hash"),
      role: required("role"),
      relay_url: required("relay_url"),
      status: required("status"),
      sas: optional("sas"),
      peer_did: optional("peer_did"),
      created_at: required("created_at"),
      last_error: optional("last_error"),
      pair_id: optional("pair_id"),
      our_slot_id: optional("our_slot_id"),
      our_slot_token: optional("our_slot_token"),
      spake2_seed_b64: optional("spake2_seed_b64"),
    };
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Every regular file of the directory, whatever its name, by `created_at`. */
export async function listPending(home: ReferenceHome): Promise<PendingRecord[]> {
  const records: PendingRecord[] = [];
  await Deno.mkdir(`${home.state}/pending-pair`, { recursive: true });
  for await (const entry of Deno.readDir(`${home.state}/pending-pair`)) {
    if (!entry.isFile) continue;
    const record = await readPending(`${home.state}/pending-pair/${entry.name}`);
    if (record !== undefined) records.push(record);
  }
  return records.sort((a, b) => a.created_at < b.created_at ? -1 : 1);
}

/** Who may use a slot. See docs/protocol/relay.md §3.2. */
import { timingSafeEqual } from "node:crypto";
import { sha256Hex } from "../protocol/identity/encoding.ts";
import { isSlotId, type SlotToken } from "../protocol/ids.ts";
import type { SlotRecord, SlotStore } from "../store/slots/slot_store.ts";
import { json, type RelayRequest } from "./exchange.ts";
import type { Read } from "./read.ts";

const SCHEME = "Bearer ";
/** Longer ones are no tokens; hashing them would be work for nothing. */
const MAX_TOKEN_LENGTH = 1024;

/** @returns 32 bytes, what the store keeps of a token */
export const tokenHash = (token: SlotToken | string): Uint8Array =>
  Uint8Array.fromHex(sha256Hex(token));

/** 401 comes before 404, so that it never tells whether a slot exists. */
export async function authenticate(
  store: SlotStore,
  slotId: string,
  request: RelayRequest,
): Promise<Read<SlotRecord>> {
  const header = request.header("authorization") ?? "";
  if (!header.startsWith(SCHEME) || !/^[\x20-\x7e]*$/.test(header)) {
    return { ok: false, reply: json(401, { error: "missing Bearer token" }) };
  }
  const slot = isSlotId(slotId) ? await store.find(slotId) : undefined;
  if (slot === undefined) return { ok: false, reply: json(404, { error: "unknown slot" }) };
  const token = header.slice(SCHEME.length);
  if (token.length > MAX_TOKEN_LENGTH || !timingSafeEqual(slot.tokenHash, tokenHash(token))) {
    return { ok: false, reply: json(403, { error: "bad token" }) };
  }
  return { ok: true, value: slot };
}

/** Who may use a slot. See docs/protocol/relay.md §3.2 and docs/protocol/extensions.md §2. */
import { timingSafeEqual } from "node:crypto";
import { sha256Hex } from "../protocol/identity/encoding.ts";
import { type EpochMs, isSlotId, type SlotToken } from "../protocol/ids.ts";
import type { Grant } from "../store/slots/grant.ts";
import type { FoundSlot, SlotStore } from "../store/slots/slot_store.ts";
import { json, type RelayReply, type RelayRequest } from "./exchange.ts";
import type { Read } from "./read.ts";

const SCHEME = "Bearer ";
/** Longer ones are no tokens; hashing them would be work for nothing. */
const MAX_TOKEN_LENGTH = 1024;

/** Where a bearer's token is read from. */
export type Credentials = Pick<RelayRequest, "header">;

/** @returns 32 bytes, what the store keeps of a token */
export const tokenHash = (token: SlotToken | string): Uint8Array =>
  Uint8Array.fromHex(sha256Hex(token));

/** Whoever holds a token of the slot. */
export interface Bearer {
  readonly slot: FoundSlot;
  /** Whose token it is, revoked and expired ones too; undefined: the slot's own. */
  readonly grant: Grant | undefined;
}

/**
 * Any token of the slot, whatever it may do. 401 comes before 404, so that it never tells whether a
 * slot exists.
 */
export async function bearerOf(
  store: SlotStore,
  slotId: string,
  request: Credentials,
): Promise<Read<Bearer>> {
  const header = request.header("authorization") ?? "";
  if (!header.startsWith(SCHEME) || !/^[\x20-\x7e]*$/.test(header)) {
    return { ok: false, reply: json(401, { error: "missing Bearer token" }) };
  }
  const slot = isSlotId(slotId) ? await store.find(slotId) : undefined;
  if (slot === undefined) return { ok: false, reply: json(404, { error: "unknown slot" }) };
  const token = header.slice(SCHEME.length);
  if (token.length > MAX_TOKEN_LENGTH) return badToken();
  const hash = tokenHash(token);
  if (timingSafeEqual(slot.tokenHash, hash)) return { ok: true, value: { slot, grant: undefined } };
  if (slot.class !== "owner") return badToken();
  const grant = await store.findGrant(slot.id, hash);
  if (grant === undefined || !timingSafeEqual(grant.tokenHash, hash)) return badToken();
  return { ok: true, value: { slot, grant } };
}

/** The slot's own token. @param options.retired whether a retired slot's is taken too */
export async function authenticate(
  store: SlotStore,
  slotId: string,
  request: Credentials,
  options: { readonly retired: "refused" | "taken" } = { retired: "refused" },
): Promise<Read<FoundSlot>> {
  const bearer = await bearerOf(store, slotId, request);
  if (!bearer.ok) return bearer;
  const { slot, grant } = bearer.value;
  if (grant !== undefined) return refuse(json(403, { error: "token may not read this mailbox" }));
  if (slot.isRetired && options.retired === "refused") return refuse(retired());
  return { ok: true, value: slot };
}

/** The slot's own token, never handed to anyone: only such a one manages grants. */
export async function authenticateOwner(
  store: SlotStore,
  slotId: string,
  request: Credentials,
): Promise<Read<FoundSlot>> {
  const slot = await authenticate(store, slotId, request);
  if (!slot.ok || slot.value.class === "owner") return slot;
  return refuse(json(403, {
    error: "this mailbox's token is shared; allocate a new one",
  }));
}

/** The slot's own token or a grant's that is good now. */
export async function authenticatePoster(
  store: SlotStore,
  slotId: string,
  { request, now }: { readonly request: Credentials; readonly now: EpochMs },
): Promise<Read<Bearer>> {
  const bearer = await bearerOf(store, slotId, request);
  if (!bearer.ok) return bearer;
  const { slot, grant } = bearer.value;
  if (grant !== undefined && grant.revokedAt !== null) return refuse(revoked());
  const expiresAt = grant?.limits.expiresAt ?? null;
  if (expiresAt !== null && now >= expiresAt) {
    return refuse(json(403, { error: "token expired" }));
  }
  return slot.isRetired ? refuse(retired()) : bearer;
}

export const retired = (): RelayReply => json(410, { error: "mailbox moved or closed" });
export const revoked = (): RelayReply => json(403, { error: "token revoked" });

const refuse = (reply: RelayReply): Read<never> => ({ ok: false, reply });
const badToken = (): Read<never> => refuse(json(403, { error: "bad token" }));

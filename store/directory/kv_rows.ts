/**
 * Keys and rows of the durable directory, in the same store as the slots.
 *
 *     ["handle", nick]                    who claimed it: DID, key, card, slot
 *     ["phonebook", nick]                 what may be listed of it; hidden ones have none
 *     ["invite", token]                   a short link
 *     ["invite_expiry", unix, token]      when it ends, so that the ended ones are found
 *     ["count", name]                     a counter
 *
 * Texts of strangers are kept as UTF-8: the store's limit of 64 KiB a value counts stored bytes.
 */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { type Did, isSlotId, type SlotId } from "../../protocol/ids.ts";
import { parseJson } from "../../protocol/json/parse.ts";
import { printJson } from "../../protocol/json/print.ts";
import type { HandleRecord, ListedHandle, NewInvite } from "./directory.ts";
import { type Listing, readListing } from "./listing.ts";

export const handleKey = (nick: string): Deno.KvKey => ["handle", nick];
export const phonebookKey = (nick: string): Deno.KvKey => ["phonebook", nick];
export const inviteKey = (token: string): Deno.KvKey => ["invite", token];
export const expiryKey = (unix: number, token: string): Deno.KvKey => [
  "invite_expiry",
  unix,
  token,
];
/** Before every invite that expires later than that second. */
export const expiryBound = (unix: number): Deno.KvKey => ["invite_expiry", unix + 1];
/** `handles` and `invites` are how many there are; the others only grow. */
export const countKey = (
  name: "handles" | "invites" | "handle_claims_total" | "handle_first_claims_total",
): Deno.KvKey => ["count", name];

const did = z.custom<Did>((value) => typeof value === "string" && value.startsWith("did:wire:"));
const slotId = z.custom<SlotId>(isSlotId);
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);

const HandleRow = z.object({
  did,
  key: bytes.refine((key) => key.length === 32),
  card: bytes,
  slot_id: slotId,
  relay_url: z.string().nullable(),
  claimed_at: z.number(),
  discoverable: z.boolean(),
  proved_at: z.number().optional(),
});
const PhonebookRow = z.object({ did, claimed_at: z.number(), listing: bytes });
const InviteRow = z.object({ url: bytes, expires: z.int(), uses: z.int().min(0).nullable() });

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const handleRow = (record: HandleRecord): z.infer<typeof HandleRow> => ({
  did: record.did,
  key: record.publicKey,
  card: encoder.encode(record.card),
  slot_id: record.slotId,
  relay_url: record.relayUrl,
  claimed_at: record.claimedAt,
  discoverable: record.isDiscoverable,
  ...(record.provedAt === undefined ? {} : { proved_at: record.provedAt }),
});

/** @throws {WireError} unreadable */
export function readHandleRow(nick: string, value: unknown): HandleRecord {
  const row = checked(HandleRow, value, "a handle");
  return {
    nick,
    did: row.did,
    publicKey: row.key,
    card: decoder.decode(row.card),
    slotId: row.slot_id,
    relayUrl: row.relay_url,
    claimedAt: row.claimed_at,
    isDiscoverable: row.discoverable,
    provedAt: row.proved_at,
  };
}

export const phonebookRow = (
  record: HandleRecord,
  listing: Listing,
): z.infer<typeof PhonebookRow> => ({
  did: record.did,
  claimed_at: record.claimedAt,
  listing: encoder.encode(printJson({ ...listing })),
});

/** @throws {WireError} unreadable */
export function readPhonebookRow(
  key: Deno.KvKey,
  value: unknown,
): { readonly entry: ListedHandle; readonly bytes: number } {
  const [, nick] = key;
  if (typeof nick !== "string") throw damaged("a line of the phonebook has a key of unknown form");
  const row = checked(PhonebookRow, value, "a line of the phonebook");
  const listing = readListing(parseJson(decoder.decode(row.listing)));
  return {
    entry: { nick, did: row.did, claimedAt: row.claimed_at, listing },
    bytes: row.listing.length,
  };
}

export const inviteRow = (invite: Omit<NewInvite, "token">): z.infer<typeof InviteRow> => ({
  url: encoder.encode(invite.url),
  expires: invite.expiresUnix,
  uses: invite.uses,
});

/** @throws {WireError} unreadable */
export function readInviteRow(value: unknown): Omit<NewInvite, "token"> {
  const row = checked(InviteRow, value, "an invite");
  return { url: decoder.decode(row.url), expiresUnix: row.expires, uses: row.uses };
}

/** @throws {WireError} unreadable */
export function readExpiryKey(key: Deno.KvKey): { unix: number; token: string } {
  const [, unix, token] = key;
  if (typeof unix === "number" && typeof token === "string") return { unix, token };
  throw damaged("an invite's end has a key of unknown form");
}

/** @throws {WireError} unreadable */
export function readCount(value: unknown): number {
  if (value === null) return 0;
  if (value instanceof Deno.KvU64) return Number(value.value);
  throw damaged("a counter is no number");
}

function checked<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw damaged(`the record of ${what} is not one`);
}

const damaged = (what: string): WireError =>
  new WireError("unreadable", `Cannot read the relay's directory: ${what}`);

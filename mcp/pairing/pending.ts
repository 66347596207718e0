/** Pairings that wait, as tools and the resource show them: without seed, token or expected digits. */
import { z } from "zod";
import type { ClientContext } from "../../client/context.ts";
import { pairList } from "../../client/operations/pair_list.ts";
import { PairForm, type PairListing } from "../../client/pairing/pair_listing.ts";
import { displaySas } from "../../protocol/pairing/sas.ts";

const text = z.string().nullable();

export const PendingPairing = z.object({
  code: z.string(),
  role: z.string(),
  relay_url: z.string(),
  status: z.string(),
  created_at: z.string(),
  expires_at: text,
  last_error: text,
  peer_did: text,
  form: PairForm,
  waiting_for: text,
  /** Only while they are to be compared. */
  sas: z.string().optional(),
});
export type PendingPairing = z.output<typeof PendingPairing>;

/** Oldest first, of both forms. @throws {WireError} unreadable */
export async function pendingPairs(context: ClientContext): Promise<PendingPairing[]> {
  const { signal } = new AbortController();
  for await (const listed of pairList.stream(context, {}, signal)) {
    if (Array.isArray(listed)) return listed.map(pendingPairing);
  }
  return [];
}

function pendingPairing(listing: PairListing): PendingPairing {
  const { code, role, relay_url, status, created_at, expires_at, last_error } = listing;
  const { peer_did, form, waiting_for, sas } = listing;
  return {
    code,
    role,
    relay_url,
    status,
    created_at,
    expires_at,
    last_error: last_error?.replace(/\d{3}-?\d{3}/g, "[digits]") ?? null,
    peer_did,
    form,
    waiting_for,
    ...(status === "sas_ready" && sas !== null ? { sas: displaySas(sas) } : {}),
  };
}

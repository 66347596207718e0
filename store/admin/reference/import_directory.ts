/** Nicks and short links of the reference relay, into ours. Whoever has a nick here keeps it. */
import { z } from "zod";
import { admitCard } from "../../../protocol/identity/card.ts";
import { isClaimableNick } from "../../../protocol/identity/did.ts";
import { type EpochMs, isSlotId, parseRelayUrl } from "../../../protocol/ids.ts";
import { printJson } from "../../../protocol/json/print.ts";
import { isJsonObject, type Json, member, plain } from "../../../protocol/json/value.ts";
import { instantMs } from "../../../protocol/text/instant.ts";
import type { Claim, Directory } from "../../directory/directory.ts";
import { isSameHolder } from "../../directory/directory.ts";
import { listingOf } from "../../directory/listing.ts";
import type { SlotStore } from "../../slots/slot_store.ts";
import { told } from "../problem.ts";
import type { OldState } from "./old_state.ts";

export interface ImportedDirectory {
  readonly nicks: number;
  readonly nicksNew: number;
  readonly invites: number;
  readonly invitesNew: number;
}

export interface DirectoryTarget {
  /** Undefined: nothing is written, and nothing is there yet. */
  readonly directory: Directory | undefined;
  readonly store: SlotStore | undefined;
  readonly isDryRun: boolean;
  readonly now: EpochMs;
}

const OldHandle = z.looseObject({
  nick: z.string(),
  did: z.string(),
  slot_id: z.string(),
  relay_url: z.string().nullish(),
  claimed_at: z.string(),
  discoverable: z.boolean().nullish(),
});

const OldInvite = z.looseObject({
  token: z.string().regex(/^[0-9a-f]{6,64}$/),
  invite_url: z.string(),
  expires_unix: z.int(),
  uses_remaining: z.int().min(0).nullish(),
});

/** @throws {WireError} write_failed */
export async function importDirectory(
  old: OldState,
  target: DirectoryTarget,
): Promise<ImportedDirectory> {
  const sum = { nicks: 0, nicksNew: 0, invites: 0, invitesNew: 0 };
  for (const [name, value] of await old.documents("handles")) {
    const claim = claimOf(value);
    if (typeof claim === "string") old.skip(`handles/${name}`, claim);
    else {
      sum.nicks += 1;
      if (await importHandle(old, `handles/${name}`, claim, target)) sum.nicksNew += 1;
    }
  }
  const nowUnix = Math.floor(target.now / 1_000);
  for (const { value } of await old.lines("invites.jsonl")) {
    const invite = OldInvite.safeParse(plain(value));
    if (!invite.success) old.skip("invites.jsonl", `a line is no invite: ${told(invite.error)}`);
    else if (invite.data.expires_unix > nowUnix) {
      sum.invites += 1;
      if (await importInvite(invite.data, target, nowUnix)) sum.invitesNew += 1;
    }
  }
  return sum;
}

/** @returns why it cannot be taken over, else the claim that it stands for */
function claimOf(value: Json): Claim | string {
  const parsed = OldHandle.safeParse(plain(value));
  const card = isJsonObject(value) ? member(value, "card") : undefined;
  if (!parsed.success || card === undefined) return "it is no handle";
  const { nick, did, slot_id, relay_url, claimed_at, discoverable } = parsed.data;
  if (!isClaimableNick(nick)) return `${JSON.stringify(nick)} is no nick that can be claimed`;
  if (!isSlotId(slot_id)) return `${JSON.stringify(slot_id)} is no slot id`;
  const admitted = admitCard(card);
  // That relay let a card be replaced by anybody who wrote the holder's DID into another.
  if (!admitted.ok) return `its card is not its holder's: ${admitted.message}`;
  if (admitted.did !== did) return `its card is of ${admitted.did}`;
  const claimedAt = instantMs(claimed_at);
  if (claimedAt === undefined) return `${JSON.stringify(claimed_at)} is no time`;
  return {
    nick,
    did: admitted.did,
    publicKey: admitted.publicKey,
    card: printJson(card),
    slotId: slot_id,
    relayUrl: parseRelayUrl(relay_url ?? "") === undefined ? null : relay_url ?? null,
    claimedAt,
    isDiscoverable: discoverable ?? undefined,
    listing: listingOf(card),
    provedAt: undefined,
  };
}

async function importHandle(
  old: OldState,
  file: string,
  claim: Claim,
  { directory, store, isDryRun }: DirectoryTarget,
): Promise<boolean> {
  const before = await directory?.find(claim.nick);
  if (before !== undefined) {
    if (!isSameHolder(before, claim)) old.skip(file, `${claim.nick} is another's here`);
    return false;
  }
  if (isDryRun || directory === undefined) return true;
  if (await store?.find(claim.slotId) === undefined) {
    old.skip(file, `slot ${claim.slotId} is not there`);
    return false;
  }
  const { status } = await directory.claim(claim);
  if (status === "claimed") return true;
  old.skip(file, `it was not taken: ${status}`);
  return false;
}

async function importInvite(
  invite: z.output<typeof OldInvite>,
  { directory, isDryRun }: DirectoryTarget,
  nowUnix: number,
): Promise<boolean> {
  const { token, invite_url: url, expires_unix: expiresUnix, uses_remaining: uses } = invite;
  if (directory === undefined) return true;
  const read = await directory.readInvite(token, { nowUnix, isUse: false });
  if (read.status !== "unknown") return false;
  if (isDryRun) return true;
  const answer = await directory.registerInvite(
    { token, url, expiresUnix, uses: uses ?? null },
    nowUnix,
  );
  return answer === "registered";
}

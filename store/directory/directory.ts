/**
 * The relay's directory: which nick stands for whom, and the short links to invites. One contract
 * for every adapter: tests/contract/directory_contract.ts. See docs/protocol/relay.md §5.9 to §5.14
 * and §13.1.
 */
import { sameKey } from "../../protocol/identity/keys.ts";
import type { Did, EpochMs, SlotId } from "../../protocol/ids.ts";
import type { Listing } from "./listing.ts";

/** Who stands behind a nick, as claimed. The caller has checked the card. */
export interface HandleRecord {
  /** 2 to 32 of `a-z 0-9 _ -`. */
  readonly nick: string;
  readonly did: Did;
  /** The key that signed the card, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** The signed card in stored form (docs/protocol/extensions.md §1). */
  readonly card: string;
  /** May have been retired since. */
  readonly slotId: SlotId;
  readonly relayUrl: string | null;
  /** Whole seconds; of the last claim. */
  readonly claimedAt: EpochMs;
  readonly isDiscoverable: boolean;
  /**
   * When its key last signed where it points; undefined: never. From then on it moves only with a
   * later one (docs/protocol/claims.md).
   */
  readonly provedAt: EpochMs | undefined;
}

export interface Claim extends Omit<HandleRecord, "isDiscoverable"> {
  /** Undefined keeps what was; a first claim is discoverable then. */
  readonly isDiscoverable: boolean | undefined;
  /** What the phonebook shows; undefined for a card that asks not to be listed. */
  readonly listing: Listing | undefined;
}

export type Claimed =
  | { readonly status: "claimed" | "re-claimed" }
  /** Held by another key or another DID. */
  | { readonly status: "taken"; readonly did: Did }
  /** Would point elsewhere, and its key has not signed that. */
  | { readonly status: "unproved" }
  /** No room for a new nick. */
  | { readonly status: "full" };

export interface ListedHandle {
  readonly nick: string;
  readonly did: Did;
  readonly claimedAt: EpochMs;
  readonly listing: Listing;
}

export interface PhonebookRequest {
  /** Exclusive, by bytes; need not be a nick. */
  readonly after: string | undefined;
  readonly limit: number;
  /** In lower case; only entries that have it. */
  readonly vibe: string | undefined;
}

export interface PhonebookPage {
  readonly handles: readonly ListedHandle[];
  /** Where to go on: there is more to look at. */
  readonly next: string | undefined;
}

export interface NewInvite {
  /** The secret part of the short link. */
  readonly token: string;
  readonly url: string;
  readonly expiresUnix: number;
  /** Null: any number. */
  readonly uses: number | null;
}

export type InviteRegistered = "registered" | "taken" | "full";

export type InviteRead =
  | { readonly status: "found"; readonly url: string }
  | { readonly status: "unknown" | "expired" | "used_up" };

export interface ReadInvite {
  readonly nowUnix: number;
  /** Whether this reading is one of its uses. */
  readonly isUse: boolean;
}

export interface DirectoryCounts {
  /** Nicks there are, hidden ones too. */
  readonly handles_active: number;
  readonly handle_claims_total: number;
  readonly handle_first_claims_total: number;
}

export interface DirectoryOptions {
  readonly maxHandles: number;
  readonly maxInvites: number;
}

/** An expired invite is told from an unknown one for so long, while there is room. */
export const INVITE_MEMORY_SECONDS = 86_400;

/** Eight hex digits of a DID can be found by search, so the key itself is compared. */
export const isSameHolder = (
  before: Pick<HandleRecord, "did" | "publicKey">,
  claim: Pick<HandleRecord, "did" | "publicKey">,
): boolean => before.did === claim.did && sameKey(before.publicKey, claim.publicKey);

/** Whether the claim points a nick elsewhere whose key signs where it points, without a later proof. */
export const isUnproved = (
  before: Pick<HandleRecord, "slotId" | "relayUrl" | "provedAt">,
  claim: Pick<HandleRecord, "slotId" | "relayUrl" | "provedAt">,
): boolean =>
  before.provedAt !== undefined &&
  (before.slotId !== claim.slotId || before.relayUrl !== claim.relayUrl) &&
  (claim.provedAt === undefined || claim.provedAt <= before.provedAt);

/** What is known of a nick's proofs after a claim of its holder. */
export const latestProof = (
  before: Pick<HandleRecord, "provedAt"> | undefined,
  { provedAt }: Pick<HandleRecord, "provedAt">,
): EpochMs | undefined =>
  before?.provedAt === undefined || (provedAt ?? 0) > before.provedAt ? provedAt : before.provedAt;

/**
 * Whatever resolves is durable, and each call is one step: of several first claims of a nick one
 * wins, and the last use of an invite is given once. What could not be put on the disk throws
 * WireError `write_failed`; rows that make no sense throw `unreadable`.
 */
export interface Directory {
  /** First come; again only by the same DID with the same key. Replaces everything else. */
  claim(claim: Claim): Promise<Claimed>;
  /** Exact, no case folding; hidden ones too. */
  find(nick: string): Promise<HandleRecord | undefined>;
  /** @returns false if the nick is not there, or stands for another slot by now */
  unclaim(nick: string, slotId: SlotId): Promise<boolean>;
  /** By nick; without hidden and unlisted ones and those whose nick is for trials. */
  phonebook(request: PhonebookRequest): Promise<PhonebookPage>;
  /** Expired ones make room. */
  registerInvite(invite: NewInvite, nowUnix: number): Promise<InviteRegistered>;
  readInvite(token: string, how: ReadInvite): Promise<InviteRead>;
  /** Forgets invites that expired long enough ago. */
  sweepInvites(nowUnix: number): Promise<void>;
  counts(): Promise<DirectoryCounts>;
}

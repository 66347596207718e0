/** A directory in memory: for tests, and for relays that keep nothing. */
import { utf8Length } from "../../protocol/json/parse.ts";
import { compareCodePoints, printJson } from "../../protocol/json/print.ts";
import type { SlotId } from "../../protocol/ids.ts";
import {
  type Claim,
  type Claimed,
  type Directory,
  type DirectoryCounts,
  type DirectoryOptions,
  type HandleRecord,
  INVITE_MEMORY_SECONDS,
  type InviteRead,
  type InviteRegistered,
  isSameHolder,
  isUnproved,
  latestProof,
  type NewInvite,
  type PhonebookPage,
  type PhonebookRequest,
  type ReadInvite,
} from "./directory.ts";
import { isTrialNick, type Listing } from "./listing.ts";
import { PhonebookReader } from "./phonebook.ts";

interface Entry {
  readonly record: HandleRecord;
  readonly listing: Listing | undefined;
}

export class MemoryDirectory implements Directory {
  readonly #entries = new Map<string, Entry>();
  readonly #invites = new Map<string, NewInvite>();
  #claims = 0;
  #firstClaims = 0;

  constructor(readonly options: DirectoryOptions) {}

  claim({ listing, ...claim }: Claim): Promise<Claimed> {
    const before = this.#entries.get(claim.nick)?.record;
    if (before !== undefined && !isSameHolder(before, claim)) {
      return Promise.resolve({ status: "taken", did: before.did });
    }
    if (before !== undefined && isUnproved(before, claim)) {
      return Promise.resolve({ status: "unproved" });
    }
    if (before === undefined && this.#entries.size >= this.options.maxHandles) {
      return Promise.resolve({ status: "full" });
    }
    const isDiscoverable = claim.isDiscoverable ?? before?.isDiscoverable ?? true;
    const record = { ...claim, isDiscoverable, provedAt: latestProof(before, claim) };
    this.#entries.set(claim.nick, { record, listing });
    this.#claims += 1;
    if (before === undefined) this.#firstClaims += 1;
    return Promise.resolve({ status: before === undefined ? "claimed" : "re-claimed" });
  }

  find(nick: string): Promise<HandleRecord | undefined> {
    return Promise.resolve(this.#entries.get(nick)?.record);
  }

  unclaim(nick: string, slotId: SlotId): Promise<boolean> {
    const isThere = this.#entries.get(nick)?.record.slotId === slotId;
    return Promise.resolve(isThere && this.#entries.delete(nick));
  }

  phonebook(request: PhonebookRequest): Promise<PhonebookPage> {
    const reader = new PhonebookReader(request);
    const sorted = [...this.#entries.values()]
      .sort((a, b) => compareCodePoints(a.record.nick, b.record.nick));
    for (const { record, listing } of sorted) {
      const { nick, did, claimedAt, isDiscoverable } = record;
      if (listing === undefined || !isDiscoverable || isTrialNick(nick)) continue;
      if (compareCodePoints(nick, reader.start ?? "") <= 0) continue;
      const bytes = utf8Length(printJson({ ...listing }));
      if (!reader.take({ nick, did, claimedAt, listing }, bytes)) break;
    }
    return Promise.resolve(reader.page());
  }

  registerInvite(invite: NewInvite, nowUnix: number): Promise<InviteRegistered> {
    if (this.#invites.has(invite.token)) return Promise.resolve("taken");
    if (this.#invites.size >= this.options.maxInvites) this.#forget(nowUnix);
    if (this.#invites.size >= this.options.maxInvites) return Promise.resolve("full");
    this.#invites.set(invite.token, invite);
    return Promise.resolve("registered");
  }

  readInvite(token: string, { nowUnix, isUse }: ReadInvite): Promise<InviteRead> {
    const invite = this.#invites.get(token);
    if (invite === undefined) return Promise.resolve({ status: "unknown" });
    if (nowUnix >= invite.expiresUnix) return Promise.resolve({ status: "expired" });
    const { uses, url } = invite;
    if (uses === 0) return Promise.resolve({ status: "used_up" });
    if (isUse && uses !== null) this.#invites.set(token, { ...invite, uses: uses - 1 });
    return Promise.resolve({ status: "found", url });
  }

  sweepInvites(nowUnix: number): Promise<void> {
    this.#forget(nowUnix - INVITE_MEMORY_SECONDS);
    return Promise.resolve();
  }

  counts(): Promise<DirectoryCounts> {
    return Promise.resolve({
      handles_active: this.#entries.size,
      handle_claims_total: this.#claims,
      handle_first_claims_total: this.#firstClaims,
    });
  }

  #forget(untilUnix: number): void {
    for (const [token, { expiresUnix }] of this.#invites) {
      if (expiresUnix <= untilUnix) this.#invites.delete(token);
    }
  }
}

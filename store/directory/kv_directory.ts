/**
 * The directory in Deno KV, on the handle that the slots use. Every step is one commit that checks
 * what it was decided on; in one process steps come one after another, so only other relays on the
 * same store can make a commit fail, and then it is decided anew.
 */
import type { SlotId } from "../../protocol/ids.ts";
import {
  type Claim,
  type Claimed,
  type Directory,
  type DirectoryCounts,
  type DirectoryOptions,
  type HandleRecord,
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
import { KvInvites } from "./kv_invites.ts";
import {
  countKey,
  handleKey,
  handleRow,
  phonebookKey,
  phonebookRow,
  readCount,
  readHandleRow,
  readPhonebookRow,
} from "./kv_rows.ts";
import { KvSteps, type Step } from "./kv_steps.ts";
import { isTrialNick, type Listing } from "./listing.ts";
import { MAX_NICK, PhonebookReader } from "./phonebook.ts";

export interface KvDirectoryOptions extends DirectoryOptions {
  /** Open; closed by the store of the slots. */
  readonly kv: Deno.Kv;
}

export class KvDirectory implements Directory {
  readonly #kv: Deno.Kv;
  readonly #maxHandles: number;
  readonly #steps: KvSteps;
  readonly #invites: KvInvites;

  constructor({ kv, maxHandles, maxInvites }: KvDirectoryOptions) {
    this.#kv = kv;
    this.#maxHandles = maxHandles;
    this.#steps = new KvSteps("the handle");
    this.#invites = new KvInvites(kv, maxInvites);
  }

  claim({ listing, ...claim }: Claim): Promise<Claimed> {
    return this.#steps.run(async (): Promise<Step<Claimed>> => {
      const [row, count] = await this.#kv.getMany([handleKey(claim.nick), countKey("handles")]);
      const before = row.value === null ? undefined : readHandleRow(claim.nick, row.value);
      if (before !== undefined && !isSameHolder(before, claim)) {
        return { answer: { status: "taken", did: before.did } };
      }
      if (before !== undefined && isUnproved(before, claim)) {
        return { answer: { status: "unproved" } };
      }
      const handles = readCount(count.value);
      if (before === undefined && handles >= this.#maxHandles) {
        return { answer: { status: "full" } };
      }
      const isDiscoverable = claim.isDiscoverable ?? before?.isDiscoverable ?? true;
      const record = { ...claim, isDiscoverable, provedAt: latestProof(before, claim) };
      const commit = this.#kv.atomic().check(row)
        .set(handleKey(claim.nick), handleRow(record))
        .sum(countKey("handle_claims_total"), 1n);
      setListing(commit, record, listing);
      if (before !== undefined) return { answer: { status: "re-claimed" }, commit };
      commit.check(count)
        .set(countKey("handles"), new Deno.KvU64(BigInt(handles) + 1n))
        .sum(countKey("handle_first_claims_total"), 1n);
      return { answer: { status: "claimed" }, commit };
    });
  }

  async find(nick: string): Promise<HandleRecord | undefined> {
    if (nick.length > MAX_NICK) return undefined;
    const { value } = await this.#kv.get(handleKey(nick));
    return value === null ? undefined : readHandleRow(nick, value);
  }

  unclaim(nick: string, slotId: SlotId): Promise<boolean> {
    return this.#steps.run(async (): Promise<Step<boolean>> => {
      const [row, count] = await this.#kv.getMany([handleKey(nick), countKey("handles")]);
      if (row.value === null || readHandleRow(nick, row.value).slotId !== slotId) {
        return { answer: false };
      }
      const handles = readCount(count.value);
      const commit = this.#kv.atomic().check(row).check(count)
        .delete(handleKey(nick))
        .delete(phonebookKey(nick))
        .set(countKey("handles"), new Deno.KvU64(BigInt(Math.max(0, handles - 1))));
      return { answer: true, commit };
    });
  }

  async phonebook(request: PhonebookRequest): Promise<PhonebookPage> {
    const reader = new PhonebookReader(request);
    const { start } = reader;
    const selector = start === undefined
      ? { prefix: ["phonebook"] }
      : { prefix: ["phonebook"], start: phonebookKey(start) };
    for await (const { key, value } of this.#kv.list(selector, { batchSize: reader.batch })) {
      const { entry, bytes } = readPhonebookRow(key, value);
      if (entry.nick === start) continue;
      if (!reader.take(entry, bytes)) break;
    }
    return reader.page();
  }

  registerInvite(invite: NewInvite, nowUnix: number): Promise<InviteRegistered> {
    return this.#invites.register(invite, nowUnix);
  }

  readInvite(token: string, how: ReadInvite): Promise<InviteRead> {
    return this.#invites.read(token, how);
  }

  sweepInvites(nowUnix: number): Promise<void> {
    return this.#invites.sweep(nowUnix);
  }

  async counts(): Promise<DirectoryCounts> {
    const [handles, claims, first] = await this.#kv.getMany([
      countKey("handles"),
      countKey("handle_claims_total"),
      countKey("handle_first_claims_total"),
    ]);
    return {
      handles_active: readCount(handles.value),
      handle_claims_total: readCount(claims.value),
      handle_first_claims_total: readCount(first.value),
    };
  }
}

function setListing(
  commit: Deno.AtomicOperation,
  record: HandleRecord,
  listing: Listing | undefined,
): void {
  const { nick } = record;
  if (listing === undefined || !record.isDiscoverable || isTrialNick(nick)) {
    commit.delete(phonebookKey(nick));
  } else commit.set(phonebookKey(nick), phonebookRow(record, listing));
}

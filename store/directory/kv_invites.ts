/** Short links to invites in Deno KV; a use is on the disk before the link is given out. */
import {
  INVITE_MEMORY_SECONDS,
  type InviteRead,
  type InviteRegistered,
  type NewInvite,
  type ReadInvite,
} from "./directory.ts";
import {
  countKey,
  expiryBound,
  expiryKey,
  inviteKey,
  inviteRow,
  readCount,
  readExpiryKey,
  readInviteRow,
} from "./kv_rows.ts";
import { KvSteps, type Step } from "./kv_steps.ts";

/** Invites forgotten in one commit: two mutations each. */
const FORGOTTEN_AT_ONCE = 100;

export class KvInvites {
  readonly #steps = new KvSteps("the invite");

  constructor(readonly kv: Deno.Kv, readonly maxInvites: number) {}

  async register(invite: NewInvite, nowUnix: number): Promise<InviteRegistered> {
    const first = await this.#register(invite);
    if (first !== "full" || await this.#forget(nowUnix) === 0) return first;
    return await this.#register(invite);
  }

  async read(token: string, { nowUnix, isUse }: ReadInvite): Promise<InviteRead> {
    const decide = async (): Promise<Step<InviteRead>> => {
      const row = await this.kv.get(inviteKey(token));
      if (row.value === null) return { answer: { status: "unknown" } };
      const invite = readInviteRow(row.value);
      const { url, uses, expiresUnix } = invite;
      if (nowUnix >= expiresUnix) return { answer: { status: "expired" } };
      if (uses === 0) return { answer: { status: "used_up" } };
      const answer: InviteRead = { status: "found", url };
      if (!isUse || uses === null) return { answer };
      const commit = this.kv.atomic().check(row)
        .set(inviteKey(token), inviteRow({ ...invite, uses: uses - 1 }));
      return { answer, commit };
    };
    // Whoever only reads need not wait for those who write.
    return isUse ? await this.#steps.run(decide) : (await decide()).answer;
  }

  async sweep(nowUnix: number): Promise<void> {
    await this.#forget(nowUnix - INVITE_MEMORY_SECONDS);
  }

  #register(invite: NewInvite): Promise<InviteRegistered> {
    const { token, expiresUnix } = invite;
    return this.#steps.run(async (): Promise<Step<InviteRegistered>> => {
      const [row, count] = await this.kv.getMany([inviteKey(token), countKey("invites")]);
      if (row.value !== null) return { answer: "taken" };
      const invites = readCount(count.value);
      if (invites >= this.maxInvites) return { answer: "full" };
      const commit = this.kv.atomic().check(row).check(count)
        .set(inviteKey(token), inviteRow(invite))
        .set(expiryKey(expiresUnix, token), null)
        .set(countKey("invites"), new Deno.KvU64(BigInt(invites) + 1n));
      return { answer: "registered", commit };
    });
  }

  /** @returns how many expired by that second and are forgotten now */
  async #forget(untilUnix: number): Promise<number> {
    let forgotten = 0;
    for (;;) {
      const some = await this.#forgetSome(untilUnix);
      forgotten += some;
      if (some < FORGOTTEN_AT_ONCE) return forgotten;
    }
  }

  #forgetSome(untilUnix: number): Promise<number> {
    return this.#steps.run(async (): Promise<Step<number>> => {
      const count = await this.kv.get(countKey("invites"));
      const commit = this.kv.atomic().check(count);
      let some = 0;
      const selector = { start: ["invite_expiry"], end: expiryBound(untilUnix) };
      for await (const { key } of this.kv.list(selector, { limit: FORGOTTEN_AT_ONCE })) {
        commit.delete(key).delete(inviteKey(readExpiryKey(key).token));
        some += 1;
      }
      if (some === 0) return { answer: 0 };
      const left = Math.max(0, readCount(count.value) - some);
      commit.set(countKey("invites"), new Deno.KvU64(BigInt(left)));
      return { answer: some, commit };
    });
  }
}

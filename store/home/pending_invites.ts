/**
 * The invites that this home issued. A use is taken once: under one lock, and in our own account
 * before the file of 0.5.19 follows. See docs/protocol/pairing.md §14.2 and §14.5.
 */
import path from "node:path";
import type { z } from "zod";
import { unreadable } from "../../platform/file_errors.ts";
import type { FileLock } from "../../platform/files.ts";
import { WireError } from "../../protocol/errors.ts";
import {
  InviteAccount,
  type InviteNonce,
  isInviteNonce,
  PendingInvite,
} from "../../protocol/invite/invite_record.ts";
import {
  type InviteFiles,
  type Redeemer,
  settle,
  type Settled,
  type SettledTag,
  withPin,
} from "../../protocol/invite/settle.ts";
import { plain } from "../../protocol/json/value.ts";
import { schemaProblem } from "../../protocol/schemas/problem.ts";
import type { Home } from "./home.ts";
import { objectIn } from "./json_file.ts";

const SUFFIX = ".json";
/** How long an account outlives its invite. Later its nonce is unknown, which earns no more. */
const KEPT_S = 30 * 24 * 3600;

export interface NewInvite {
  readonly nonce: InviteNonce;
  /** Unix seconds. */
  readonly exp: number;
  /** How many DIDs may use it; 0 counts as 1. */
  readonly uses: number;
  /** RFC 3339. */
  readonly createdAt: string;
}

export class PendingInvites {
  readonly #home: Home;
  /** Files of 0.5.19. */
  readonly #pending: string;
  /** Ours, and the lock. */
  readonly #accounts: string;

  constructor(home: Home) {
    this.#home = home;
    this.#pending = path.join(home.paths.stateRoot, "pending-invites");
    this.#accounts = path.join(home.paths.stateRoot, "invites");
  }

  /**
   * @param now unix seconds: accounts that ended long before it are thrown away
   * @throws {WireError} conflict, if that nonce was issued before; locked, write_failed
   */
  async create({ nonce, exp, uses, createdAt }: NewInvite, now: number): Promise<void> {
    await using _lock = await this.#lock("wire invite");
    const { files } = this.#home.platform;
    await this.#forget(now);
    const count = Math.max(uses, 1);
    const account = InviteAccount.parse({ nonce, exp, uses: count, accepted: [] });
    const pending = PendingInvite.parse({
      nonce,
      exp,
      uses_remaining: count,
      accepted_by: [],
      created_at: createdAt,
    });
    // The account first: without it the other file would be taken for one of 0.5.19.
    await files.createNew(this.#accountPath(nonce), JSON.stringify(account), {
      point: "invite.account",
    });
    await files.createNew(this.#pendingPath(nonce), printed(pending), { point: "invite.create" });
  }

  /**
   * Takes a use for that DID if there is one. When this returns `redeemed` it is on the disk, and
   * the same DID again is a `repeat`, whatever was killed meanwhile.
   * @throws {WireError} unreadable, locked, write_failed (and no use is taken)
   */
  async settle(nonce: InviteNonce, redeemer: Redeemer): Promise<SettledTag> {
    // A stranger's invention shall not make files, nor wait for anybody.
    if (!await this.#isIssued(nonce)) return "unknown";
    await using _lock = await this.#lock("redeem an invite");
    const before = await this.read(nonce);
    const after = settle(before, redeemer);
    await this.#write(nonce, before, after);
    return after.tag;
  }

  /**
   * Writes down that the pin which a use earned is made. Again is the same.
   * @throws {WireError} unreadable, locked, write_failed
   */
  async finish(nonce: InviteNonce, did: string): Promise<void> {
    if (!await this.#isIssued(nonce)) return;
    await using _lock = await this.#lock("finish an invite");
    const { account } = await this.read(nonce);
    const changed = account === undefined ? undefined : withPin(account, did);
    if (changed === undefined || changed === account) return;
    await this.#home.platform.files.writeAtomic(this.#accountPath(nonce), JSON.stringify(changed), {
      point: "invite.pinned",
    });
  }

  /** @throws {WireError} unreadable, naming the file */
  async read(nonce: InviteNonce): Promise<InviteFiles> {
    return {
      pending: await this.#readFile(this.#pendingPath(nonce), nonce, PendingInvite),
      account: await this.#readFile(this.#accountPath(nonce), nonce, InviteAccount),
    };
  }

  async #write(nonce: InviteNonce, before: InviteFiles, after: Settled): Promise<void> {
    const { files } = this.#home.platform;
    const account = this.#accountPath(nonce);
    if (after.account !== undefined && after.account !== before.account) {
      // From here on the use is taken.
      await files.writeAtomic(account, JSON.stringify(after.account), { point: "invite.redeem" });
    }
    if (before.pending === undefined) return;
    const pending = this.#pendingPath(nonce);
    if (after.pending === undefined) await files.remove(pending, { point: "invite.end" });
    else if (printed(after.pending) !== printed(before.pending)) {
      await files.writeAtomic(pending, printed(after.pending), { point: "invite.count" });
    }
  }

  /** Accounts, and files of 0.5.19 that nobody asked for any more. */
  async #forget(now: number): Promise<void> {
    const { files } = this.#home.platform;
    for (const nonce of await this.#issued()) {
      const { account, pending } = await this.#readIfWhole(nonce);
      const exp = account?.exp ?? pending?.exp;
      if (exp === undefined || now <= exp + KEPT_S) continue;
      await files.remove(this.#pendingPath(nonce), { point: "invite.forget_pending" });
      await files.remove(this.#accountPath(nonce), { point: "invite.forget_account" });
    }
  }

  /** A broken file stands in nobody's way; who asks for its nonce is told. */
  async #readIfWhole(nonce: InviteNonce): Promise<InviteFiles> {
    try {
      return await this.read(nonce);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      return { pending: undefined, account: undefined };
    }
  }

  async #issued(): Promise<ReadonlySet<InviteNonce>> {
    const { files } = this.#home.platform;
    const names = await Promise.all([this.#pending, this.#accounts].map((it) => files.list(it)));
    const stems = names.flat().filter((name) => name.endsWith(SUFFIX)).map((name) =>
      name.slice(0, -SUFFIX.length)
    );
    return new Set(stems.filter(isInviteNonce));
  }

  async #isIssued(nonce: InviteNonce): Promise<boolean> {
    const { files } = this.#home.platform;
    const paths = [this.#pendingPath(nonce), this.#accountPath(nonce)];
    return (await Promise.all(paths.map((it) => files.stat(it)))).some((it) => it !== undefined);
  }

  async #readFile<Shape extends z.ZodType<{ nonce: InviteNonce }>>(
    file: string,
    nonce: InviteNonce,
    shape: Shape,
  ): Promise<z.output<Shape> | undefined> {
    const text = await this.#home.platform.files.readText(file);
    if (text === undefined) return undefined;
    const result = shape.safeParse(plain(objectIn(text, file)));
    if (!result.success) throw unreadable(file, schemaProblem(result.error));
    if (result.data.nonce === nonce) return result.data;
    throw unreadable(file, "it holds another invite");
  }

  #pendingPath = (nonce: InviteNonce): string => path.join(this.#pending, nonce + SUFFIX);
  #accountPath = (nonce: InviteNonce): string => path.join(this.#accounts, nonce + SUFFIX);

  async #lock(owner: string): Promise<FileLock> {
    await this.#home.ensureRoots();
    for (const directory of [this.#pending, this.#accounts]) {
      await this.#home.platform.files.ensureDirectory(directory);
    }
    return await this.#home.lock(path.join(this.#accounts, "lock"), owner);
  }
}

/** The schema's own order of members is the file's. */
const printed = (invite: PendingInvite): string =>
  JSON.stringify(PendingInvite.parse(invite), null, 2);

/** One home whose news are told: its lock, and how far it was read. Creates no directory. */
import path from "node:path";
import type { FileLock } from "../../platform/files.ts";
import type { Handle } from "../../protocol/ids.ts";
import type { InboxEvent } from "../../protocol/schemas/inbox_event.ts";
import type { Home } from "../../store/home/home.ts";
import { Inbox } from "../../store/mail/inbox.ts";
import { inboxEvent } from "../sync/inbox_event.ts";
import { InboxWatcher } from "../sync/inbox_watcher.ts";
import { Verifier } from "../sync/verifier.ts";
import { isNoise } from "../watch/noise.ts";
import { ReaderPosition } from "../watch/reader_position.ts";
import { homeLockFile, NOTIFIER } from "./user_lock.ts";

export interface NewsOptions {
  /** Only from this peer: the others' stay for later. */
  readonly only: Handle | undefined;
  readonly includeHandshake: boolean;
}

export interface Place {
  readonly home: Home;
  /** Undefined for a user's own home. */
  readonly session: string | undefined;
}

export class CoveredHome implements AsyncDisposable {
  readonly session: string | undefined;
  readonly #lock: FileLock;
  /** As the lock's file names us. */
  readonly #holder: string | undefined;
  readonly #options: NewsOptions;
  readonly #watcher: InboxWatcher;
  readonly #position: ReaderPosition;
  readonly #verifier: Verifier;
  #hasNews = false;

  private constructor(
    { home, session }: Place,
    options: NewsOptions,
    held: { readonly lock: FileLock; readonly holder: string | undefined },
  ) {
    const { paths: { stateRoot }, platform: { files } } = home;
    this.session = session;
    this.#lock = held.lock;
    this.#holder = held.holder;
    this.#options = options;
    this.#watcher = new InboxWatcher(files, new Inbox({ files, stateRoot }), options.only);
    this.#position = new ReaderPosition(files, stateRoot, "notify");
    this.#verifier = new Verifier(home);
  }

  /** @throws {WireError} locked, naming the one that runs; unreadable; write_failed */
  static async open(place: Place, options: NewsOptions): Promise<CoveredHome> {
    const { files } = place.home.platform;
    const lock = await files.lock(homeLockFile(place.home), { owner: NOTIFIER, deadlineMs: 0 });
    try {
      await place.home.settlePlaces(NOTIFIER);
      const holder = await files.lockHolder(lock.path);
      const covered = new CoveredHome(place, options, { lock, holder });
      covered.#watcher.resume(await covered.#position.load());
      return covered;
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** False once its directory was removed, also when another was made in its place. */
  async isStill({ home: { platform: { files } } }: Place): Promise<boolean> {
    return await files.lockHolder(this.#lock.path) === this.#holder;
  }

  /** What came since the last time. @throws {WireError} unreadable; what was read before counts */
  async *news(): AsyncGenerator<InboxEvent, void, undefined> {
    for await (const item of this.#watcher.fresh()) {
      this.#hasNews = true;
      if (!this.#options.includeHandshake && isNoise(item.event)) continue;
      yield inboxEvent(item, await this.#verifier.isVerified(item.event));
    }
  }

  /** After what was read has been told: shown again after a crash rather than never. */
  async save(): Promise<void> {
    if (!this.#hasNews) return;
    await this.#position.save(this.#watcher.ends());
    this.#hasNews = false;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#lock.release();
  }
}

/** Whether mail has ever come there, so that there can be news. */
export async function hasInbox(
  { paths: { stateRoot }, platform: { files } }: Home,
): Promise<boolean> {
  return (await files.stat(path.join(stateRoot, "inbox")))?.isDirectory === true;
}

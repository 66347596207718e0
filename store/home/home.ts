/**
 * One identity's directory, in the format of 0.5.19, so that either program can take it over.
 * Reading creates nothing; the first write makes the directories. Every rewrite holds the file's
 * lock, starts from what is on the disk, and replaces the file at once.
 * See docs/protocol/identity-and-events.md §2, 9, 10.
 */
import type { FileLock } from "../../platform/files.ts";
import { type HomePaths, homePaths } from "../../platform/paths.ts";
import type { Platform } from "../../platform/platform.ts";
import type { RelayState } from "../../protocol/schemas/relay_state.ts";
import type { TrustStore } from "../../protocol/trust/trust.ts";
import { areSettled, settleMoves } from "../mail/inbox_move.ts";
import { settleOutboxMoves } from "../mail/outbox_move.ts";
import { type HomeFiles, homeFiles } from "./home_paths.ts";
import {
  type Identity,
  isInitialized,
  makeIdentity,
  type NewIdentity,
  readIdentity,
} from "./identity.ts";
import { Pair2Records } from "./pair2_records.ts";
import { PendingPairs } from "./pending_pairs.ts";
import { parseRelayState, printRelayState } from "./relay_state_file.ts";
import { ensureRoots } from "./roots.ts";
import { readTrustFile, writeTrustFile } from "./trust_file.ts";

/** How long a rewrite waits for another one. */
export const LOCK_DEADLINE_MS = 10_000;

/** From what is on the disk to what shall be there. Throwing leaves the file as it is. */
export type Change<T> = (current: T) => T | Promise<T>;

/** How long a reader waits for a command that has just begun. */
const SETTLE_DEADLINE_MS = 2_000;

export class Home {
  readonly platform: Platform;
  readonly paths: HomePaths;
  readonly file: HomeFiles;
  /** Detached SAS pairings. */
  readonly pendingPairs: PendingPairs;
  /** Pairings of the form pair/2. */
  readonly pair2: Pair2Records;

  constructor(platform: Platform, paths: HomePaths) {
    this.platform = platform;
    this.paths = paths;
    this.file = homeFiles(paths);
    this.pendingPairs = new PendingPairs(this);
    this.pair2 = new Pair2Records(this);
  }

  /** Whether there is a private key and a card. */
  isInitialized(): Promise<boolean> {
    return isInitialized(this);
  }

  /** @throws {WireError} not_initialized; unreadable, naming the file */
  readIdentity(): Promise<Identity> {
    return readIdentity(this);
  }

  /**
   * Makes the identity's files, the card last: until it stands there is no identity, and another
   * attempt goes on with the same key.
   * @throws {WireError} already_initialized, locked, write_failed
   */
  createIdentity(identity: NewIdentity): Promise<Identity> {
    return makeIdentity(this, identity);
  }

  /** A missing file is an empty store. @throws {WireError} unreadable */
  readTrust(): Promise<TrustStore> {
    return readTrustFile(this);
  }

  /**
   * Rewrites trust.json under trust.lock.
   * @param owner what whoever waits for the lock is shown
   * @returns what is on the disk now
   * @throws {WireError} locked, unreadable (and nothing is written), write_failed
   */
  async updateTrust(owner: string, change: Change<TrustStore>): Promise<TrustStore> {
    await using _lock = await this.lock(this.file.trustLock, owner);
    const changed = await change(await this.readTrust());
    await writeTrustFile(this, changed);
    return changed;
  }

  /** A missing file is `{self: null, peers: {}}`. @throws {WireError} unreadable */
  async readRelayState(): Promise<RelayState> {
    const text = await this.platform.files.readText(this.file.relayState);
    return parseRelayState(text, this.file.relayState);
  }

  /**
   * Rewrites relay.json under relay.lock, which 0.5.19 takes too. Spread what you were given:
   * members that you do not know must survive.
   * @param owner what whoever waits for the lock is shown
   * @returns what is on the disk now
   * @throws {WireError} locked, unreadable (and nothing is written), write_failed
   */
  async updateRelayState(owner: string, change: Change<RelayState>): Promise<RelayState> {
    await using _lock = await this.lock(this.file.relayLock, owner);
    const changed = await change(await this.readRelayState());
    const text = printRelayState(changed, this.file.relayState);
    await this.platform.files.writeAtomic(this.file.relayState, text, {
      point: "home.relay_state",
    });
    return changed;
  }

  /**
   * The lock of whoever writes cursors, inbox and delivery journal: for a daemon's life, or for one
   * synchronous round. What a killed `wire archive` left half done is ended first.
   * @throws {WireError} locked, naming the holder; unreadable, write_failed
   */
  async lockDaemon(
    owner: string,
    options: { readonly deadlineMs: number; readonly signal?: AbortSignal },
  ): Promise<FileLock> {
    await this.ensureRoots();
    const { files } = this.platform;
    const lock = await files.lock(this.file.daemonLock, { owner, ...options });
    try {
      await settleMoves({ files, stateRoot: this.paths.stateRoot });
      await settleOutboxMoves({ files, stateRoot: this.paths.stateRoot });
    } catch (error) {
      await lock.release();
      throw error;
    }
    return lock;
  }

  /**
   * For readers that keep a place in the inbox files and write nothing else of the home: after a kill of
   * `wire archive` the place may still be to be moved.
   * @throws {WireError} locked, unreadable, write_failed
   */
  async settlePlaces(owner: string): Promise<void> {
    const deps = { files: this.platform.files, stateRoot: this.paths.stateRoot };
    if (await areSettled(deps)) return;
    try {
      await using _lock = await this.lockDaemon(owner, { deadlineMs: SETTLE_DEADLINE_MS });
    } catch (error) {
      // Whoever has the lock has done it before anything else.
      if (!await areSettled(deps)) throw error;
    }
  }

  /** Makes config and state root, or closes them to everybody else. Before any write. */
  ensureRoots(): Promise<void> {
    return ensureRoots(this.platform.files, this.paths);
  }

  /** @throws {WireError} locked, naming the holder, after ten seconds */
  async lock(path: string, owner: string): Promise<FileLock> {
    await this.ensureRoots();
    return await this.platform.files.lock(path, { owner, deadlineMs: LOCK_DEADLINE_MS });
  }
}

/** The home that the environment names. Touches nothing. */
export const openHome = (platform: Platform): Home => new Home(platform, homePaths(platform.env));

/** Files, with the guarantees that the promises of the project need. */

export interface FileStat {
  readonly size: number;
  readonly modifiedMs: number;
  /** Unix permission bits, or undefined where the system has none. */
  readonly mode: number | undefined;
  /** The group's number, or undefined where the system has none. */
  readonly group: number | undefined;
  readonly isFile: boolean;
  readonly isDirectory: boolean;
}

export interface WriteOptions {
  /**
   * The name of this write in the list of kill points: `<area>.<what>`, unique in the source.
   * Tests stop the program before and after each one.
   */
  readonly point: string;
  /** Permission bits from creation on; 0o600 unless told. */
  readonly mode?: number;
}

export interface LockOptions {
  /** What the holder calls itself: shown to whoever waits. */
  readonly owner: string;
  /** Gives up after this long; 0 tries once. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

/** An exclusive advisory lock (flock) on a whole file. Released by `release` or by `await using`. */
export interface FileLock extends AsyncDisposable {
  readonly path: string;
  release(): Promise<void>;
}

/**
 * Reads tell missing from unreadable: a missing file is `undefined` (or an empty list), anything
 * else that fails is a WireError `unreadable`. Writes that return are on the disk; one that fails
 * is a WireError `write_failed` (disk full, read-only, permission), and the old content stands.
 */
export interface Files {
  readBytes(path: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** @throws {WireError} unreadable, also if the bytes are not UTF-8 */
  readText(path: string): Promise<string | undefined>;
  /** At most `length` bytes from `offset`; shorter at the end of the file; empty when missing. */
  readAt(path: string, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  /** The first bytes, at most `length`: also of what can be read only once, as a pipe. */
  readHead(path: string, length: number): Promise<Uint8Array<ArrayBuffer> | undefined>;
  stat(path: string): Promise<FileStat | undefined>;
  /**
   * Where writing to `path` would write: the end of a chain of symbolic links, which may not exist;
   * the path itself where the last part is no link.
   * @throws {WireError} unreadable, also for a chain without an end
   */
  followLinks(path: string): Promise<string>;
  /** Names in the directory, sorted by code unit; empty when it is missing. */
  list(directory: string): Promise<readonly string[]>;

  /** Creates the directory and its parents, 0700 unless told; an existing one keeps its mode. */
  ensureDirectory(path: string, mode?: number): Promise<void>;
  chmod(path: string, mode: number): Promise<void>;
  /** Hands it to a group, by number; nothing where the system has no groups. */
  setGroup(path: string, group: number): Promise<void>;
  /** Temporary file, fsync, rename, fsync of the directory: the old content or the new, never half. */
  writeAtomic(path: string, data: Uint8Array | string, options: WriteOptions): Promise<void>;
  /** As writeAtomic, but refuses (WireError `conflict`) when the path exists. */
  createNew(path: string, data: Uint8Array | string, options: WriteOptions): Promise<void>;
  /**
   * A second name for the same file, on the same disk: what is written to it by either name, or by who
   * has it open, stands there by both. Refuses (WireError `conflict`) when the new name exists, or the
   * file's own is a symbolic link.
   */
  link(path: string, name: string, options: { readonly point: string }): Promise<void>;
  /**
   * One write at the end, then fsync. If the file does not end with a line feed (a torn tail after
   * a crash), one is written first, in the same write.
   * @returns the offset at which `data` starts
   */
  append(path: string, data: Uint8Array | string, options: WriteOptions): Promise<number>;
  /** Overwrites bytes in place, then fsync; never changes the file's length. */
  overwrite(path: string, offset: number, data: Uint8Array, options: WriteOptions): Promise<void>;
  /** @returns false when it was not there */
  remove(path: string, options: { readonly point: string }): Promise<boolean>;
  /**
   * Removes a directory with all that is in it. Whoever looks finds the whole of it or nothing; links
   * in it are removed and not followed, and a link in its place is refused.
   * @returns false when it was not there
   */
  removeTree(path: string, options: { readonly point: string }): Promise<boolean>;

  /**
   * Takes the exclusive lock, creating the file (0600) if need be, polling until the deadline.
   * The owner's name, pid and time go to `<path>.owner` beside it.
   * @throws {WireError} locked, naming the holder
   */
  lock(path: string, options: LockOptions): Promise<FileLock>;
  /** Who holds the lock now, as written by it, or undefined if nobody does. */
  lockHolder(path: string): Promise<string | undefined>;

  /**
   * Yields soon after something in one of these directories changed; changes that come together
   * may yield once. A hint only: callers also look from time to time. Ends when aborted.
   */
  watch(directories: readonly string[], signal: AbortSignal): AsyncIterable<void>;
}

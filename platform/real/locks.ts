/**
 * Exclusive advisory locks on whole files: flock on Unix, LockFileEx on Windows, so that they
 * exclude the locks of 0.5.19 too (docs/protocol/identity-and-events.md §10.5). The system frees
 * them when a process dies. An asynchronous lock call could not be cancelled: hence the polling.
 */
import type { Clock } from "../clock.ts";
import { lockedBy, ownerText, UNKNOWN_HOLDER, writeFailed } from "../file_errors.ts";
import type { FileLock, LockOptions } from "../files.ts";
import { fileProblem } from "./file_problem.ts";

const EXCLUSIVE = true;
/** For whoever only looks: two who look do not see each other. */
const SHARED = false;
const POLL_MS = 10;
/**
 * Attempts made whatever the deadline: `lockHolder` takes the lock for microseconds to see whether
 * it is free, and must not make a taker in another process fail. Whoever really holds it has most
 * likely written its name.
 */
const LEAST_ATTEMPTS = { named: 3, unnamed: 20 };
const OWNER_FILE_BYTES = 1_000;

export const ownerPath = (path: string): string => `${path}.owner`;

export async function takeLock(
  path: string,
  options: LockOptions,
  clock: Clock,
): Promise<FileLock> {
  const start = clock.monotonic();
  const file = await openLockFile(path);
  try {
    for (let attempt = 1; !await file.tryLock(EXCLUSIVE); attempt++) {
      if (clock.monotonic() - start >= options.deadlineMs && attempt >= LEAST_ATTEMPTS.named) {
        const owner = await readOwner(path);
        const named = owner !== UNKNOWN_HOLDER;
        if (named || attempt >= LEAST_ATTEMPTS.unnamed) throw lockedBy(path, owner);
      }
      await clock.sleep(POLL_MS, options.signal);
    }
  } catch (error) {
    file.close();
    throw error;
  }
  await writeOwner(path, ownerText(options.owner, Deno.pid, clock.timestamp()));
  return new HeldLock(path, file);
}

/** @returns what the holder wrote, or undefined if nobody holds the lock */
export async function holderOf(path: string): Promise<string | undefined> {
  return isHeld(path) ? await readOwner(path) : undefined;
}

/** Synchronous, so that looking holds the lock for no longer than two system calls. */
function isHeld(path: string): boolean {
  try {
    using probe = Deno.openSync(path);
    return !probe.tryLockSync(SHARED);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

class HeldLock implements FileLock {
  #file: Deno.FsFile | undefined;

  constructor(readonly path: string, file: Deno.FsFile) {
    this.#file = file;
  }

  async release(): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    try {
      await Deno.remove(ownerPath(this.path));
    } catch {
      // Only a label: a stale one is never believed while the lock is free.
    } finally {
      file.close(); // closing frees the lock
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}

async function openLockFile(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { read: true, write: true, create: true, mode: 0o600 });
  } catch (cause) {
    throw writeFailed(path, fileProblem(cause), cause);
  }
}

async function writeOwner(path: string, text: string): Promise<void> {
  try {
    await Deno.writeTextFile(ownerPath(path), text, { mode: 0o600 });
  } catch {
    // The lock is held, which is what matters; whoever waits is told that the holder left no name.
  }
}

async function readOwner(path: string): Promise<string> {
  try {
    using file = await Deno.open(ownerPath(path));
    const bytes = new Uint8Array(OWNER_FILE_BYTES);
    const length = await file.read(bytes) ?? 0;
    const text = new TextDecoder().decode(bytes.subarray(0, length));
    return text.replace(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim() || UNKNOWN_HOLDER;
  } catch {
    return UNKNOWN_HOLDER; // the label is missing: the lock is held all the same
  }
}

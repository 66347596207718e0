/** Changes in directories, gathered. */
import path from "node:path";

/**
 * Yields once after one or more changes in any of the directories, counted from the call on. A
 * directory that does not exist yet is waited for through its nearest existing parent. Ends when
 * the signal aborts. Where the system refuses to watch, nothing is ever yielded: it is only a hint.
 */
export function watchDirectories(
  directories: readonly string[],
  signal: AbortSignal,
): AsyncIterable<void> {
  return follow(directories, signal, new Round(directories, signal));
}

async function* follow(
  directories: readonly string[],
  signal: AbortSignal,
  first: Round,
): AsyncGenerator<void> {
  let round = first;
  try {
    while (await round.changed()) {
      if (!round.outdated()) {
        yield;
        continue;
      }
      round.close();
      round = new Round(directories, signal); // before the yield: what comes next is seen too
      yield;
    }
  } finally {
    round.close();
  }
}

/** Watches what exists now, and the parents of what does not. */
class Round {
  readonly #missing: readonly string[];
  readonly #present: ReadonlySet<string>;
  readonly #signal: AbortSignal;
  readonly #abort = () => this.close();
  #watcher: Deno.FsWatcher | undefined;
  #dirty = false;
  #closed = false;
  #wake: () => void = () => {};

  constructor(directories: readonly string[], signal: AbortSignal) {
    const absolute = directories.map((directory) => path.resolve(directory));
    this.#missing = absolute.filter((directory) => !isDirectory(directory));
    this.#present = new Set(absolute.filter((directory) => !this.#missing.includes(directory)));
    this.#signal = signal;
    if (signal.aborted) {
      this.#closed = true;
      return;
    }
    signal.addEventListener("abort", this.#abort, { once: true });
    this.#watcher = watcherOf([...this.#present, ...this.#missing.map(nearestParent)]);
    if (this.#watcher !== undefined) void this.#drain(this.#watcher);
  }

  /** @returns false when closed; else true, as soon as there was a change since the last call */
  async changed(): Promise<boolean> {
    while (!this.#dirty && !this.#closed) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    this.#dirty = false;
    return !this.#closed;
  }

  /** Whether a directory that was missing is there now. */
  outdated(): boolean {
    return this.#missing.some(isDirectory);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#signal.removeEventListener("abort", this.#abort);
    this.#watcher?.close();
    this.#wake();
  }

  async #drain(watcher: Deno.FsWatcher): Promise<void> {
    try {
      for await (const event of watcher) {
        if (event.kind === "access") continue; // our own reading must not wake us
        if (!this.outdated() && !event.paths.some((changed) => this.#concerns(changed))) continue;
        this.#dirty = true;
        this.#wake();
      }
    } catch {
      // The system stopped watching. A hint only: callers also look from time to time.
    }
  }

  #concerns(changed: string): boolean {
    return this.#present.has(changed) || this.#present.has(path.dirname(changed));
  }
}

function watcherOf(directories: readonly string[]): Deno.FsWatcher | undefined {
  try {
    return Deno.watchFs([...new Set(directories)], { recursive: false });
  } catch {
    return undefined; // out of watches, or gone this moment. A hint only, as above.
  }
}

function isDirectory(directory: string): boolean {
  try {
    return Deno.statSync(directory).isDirectory;
  } catch {
    return false; // missing or unreachable: either way there is nothing to watch yet
  }
}

function nearestParent(directory: string): string {
  let parent = path.dirname(directory);
  while (!isDirectory(parent) && path.dirname(parent) !== parent) parent = path.dirname(parent);
  return parent;
}

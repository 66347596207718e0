/** Files in memory, held to the same contract as the real ones (tests/contract/files_contract.ts). */
import path from "node:path";
import type { Clock } from "../clock.ts";
import {
  alreadyExists,
  appendix,
  bytesOf,
  ownerText,
  textOf,
  unreadable,
  writeFailed,
} from "../file_errors.ts";
import type { FileLock, Files, FileStat, LockOptions, WriteOptions } from "../files.ts";
import { FakeClock } from "./clock.ts";
import { MemoryLocks } from "./memory_locks.ts";

/** What a name stands for, or several. */
interface MemoryFile {
  readonly kind: "file";
  bytes: Uint8Array<ArrayBuffer>;
  mode: number;
  modifiedMs: number;
}

interface MemoryDirectory {
  readonly kind: "directory";
  readonly mode: number;
  readonly modifiedMs: number;
}

interface Watcher {
  readonly directories: ReadonlySet<string>;
  notice(): void;
}

export interface MemoryFilesOptions {
  readonly clock?: Clock;
  /** What owner files name as the holder's pid. */
  readonly pid?: number;
}

export class MemoryFiles implements Files {
  readonly clock: Clock;
  readonly pid: number;
  readonly #entries = new Map<string, MemoryFile | MemoryDirectory>();
  readonly #groups = new Map<string, number>();
  readonly #watchers = new Set<Watcher>();
  readonly #locks: MemoryLocks;

  constructor(options: MemoryFilesOptions = {}) {
    this.clock = options.clock ?? new FakeClock();
    this.pid = options.pid ?? 4242;
    this.#locks = new MemoryLocks(this.clock);
    this.#entries.set("/", { kind: "directory", mode: 0o755, modifiedMs: this.clock.now() });
  }

  // Every method is asynchronous as the real one, so that callers interleave as they would there.

  async readBytes(file: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    await Promise.resolve();
    return this.#read(file)?.bytes.slice();
  }

  async readText(file: string): Promise<string | undefined> {
    const bytes = await this.readBytes(file);
    return bytes === undefined ? undefined : textOf(file, bytes);
  }

  async readAt(file: string, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    await Promise.resolve();
    return this.#read(file)?.bytes.slice(offset, offset + length) ?? new Uint8Array(0);
  }

  async readHead(file: string, length: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    await Promise.resolve();
    return this.#read(file)?.bytes.slice(0, length);
  }

  async stat(file: string): Promise<FileStat | undefined> {
    await Promise.resolve();
    const entry = this.#find(file);
    if (entry === undefined) return undefined;
    return {
      size: entry.kind === "file" ? entry.bytes.length : 0,
      modifiedMs: entry.modifiedMs,
      mode: entry.mode,
      group: this.#groups.get(normal(file)) ?? 0,
      isFile: entry.kind === "file",
      isDirectory: entry.kind === "directory",
    };
  }

  /** There are no links in memory. */
  async followLinks(file: string): Promise<string> {
    await this.stat(file);
    return normal(file);
  }

  async list(directory: string): Promise<readonly string[]> {
    await Promise.resolve();
    const entry = this.#find(directory);
    if (entry === undefined) return [];
    if (entry.kind === "file") throw unreadable(directory, "it is not a directory");
    const parent = normal(directory);
    return [...this.#entries.keys()]
      .filter((name) => name !== "/" && path.posix.dirname(name) === parent)
      .map((name) => path.posix.basename(name))
      .sort();
  }

  async ensureDirectory(directory: string, mode: number = 0o700): Promise<void> {
    await Promise.resolve();
    const missing: string[] = [];
    for (let name = normal(directory);; name = path.posix.dirname(name)) {
      const entry = this.#entries.get(name);
      if (entry?.kind === "file") throw writeFailed(directory, "a file stands in its place");
      if (entry !== undefined) break;
      missing.unshift(name);
    }
    for (const name of missing) {
      this.#put(name, { kind: "directory", mode, modifiedMs: this.clock.now() });
    }
  }

  async setGroup(file: string, group: number): Promise<void> {
    await Promise.resolve();
    const name = normal(file);
    if (!this.#entries.has(name)) throw writeFailed(file, "no such file or directory");
    this.#groups.set(name, group);
  }

  async chmod(file: string, mode: number): Promise<void> {
    await Promise.resolve();
    const entry = this.#entries.get(normal(file));
    if (entry === undefined) throw writeFailed(file, "no such file or directory");
    if (entry.kind === "directory") return this.#put(normal(file), { ...entry, mode });
    entry.mode = mode;
    this.#changed(normal(file));
  }

  async writeAtomic(
    file: string,
    data: Uint8Array | string,
    options: WriteOptions,
  ): Promise<void> {
    await Promise.resolve();
    this.#writable(file);
    this.#store(file, bytesOf(data).slice(), options.mode ?? 0o600);
  }

  async createNew(file: string, data: Uint8Array | string, options: WriteOptions): Promise<void> {
    await Promise.resolve();
    this.#parentOf(file);
    if (this.#entries.has(normal(file))) throw alreadyExists(file);
    this.#store(file, bytesOf(data).slice(), options.mode ?? 0o600);
  }

  async link(file: string, name: string, _options: { readonly point: string }): Promise<void> {
    await Promise.resolve();
    this.#parentOf(name);
    const entry = this.#writable(file);
    if (entry === undefined) throw writeFailed(name, "no such file or directory");
    if (this.#entries.has(normal(name))) throw alreadyExists(name);
    this.#put(normal(name), entry);
  }

  /** As a program that holds the file open: what it appends goes there, whatever it is called by then. */
  opened(file: string): (text: string) => void {
    const entry = this.#writable(file);
    if (entry === undefined) throw writeFailed(file, "no such file or directory");
    return (text) => this.#write(entry, Uint8Array.from([...entry.bytes, ...bytesOf(text)]));
  }

  async append(file: string, data: Uint8Array | string, options: WriteOptions): Promise<number> {
    await Promise.resolve();
    const old = this.#writable(file);
    const before = old?.bytes ?? new Uint8Array(0);
    const added = bytesOf(data);
    const block = appendix(before.at(-1), added);
    const bytes = new Uint8Array(before.length + block.length);
    bytes.set(before);
    bytes.set(block, before.length);
    if (old === undefined) this.#store(file, bytes, options.mode ?? 0o600);
    else this.#write(old, bytes);
    return bytes.length - added.length;
  }

  async overwrite(
    file: string,
    offset: number,
    data: Uint8Array,
    _options: WriteOptions,
  ): Promise<void> {
    await Promise.resolve();
    const old = this.#writable(file);
    if (old === undefined) throw writeFailed(file, "no such file or directory");
    if (offset < 0 || offset + data.length > old.bytes.length) {
      throw writeFailed(file, `it ends at ${old.bytes.length}, before ${offset + data.length}`);
    }
    const bytes = old.bytes.slice();
    bytes.set(data, offset);
    this.#write(old, bytes);
  }

  async remove(file: string, _options: { readonly point: string }): Promise<boolean> {
    await Promise.resolve();
    const entry = this.#entries.get(normal(file));
    if (entry === undefined) return false;
    if (entry.kind === "directory") throw writeFailed(file, "it is a directory");
    this.#entries.delete(normal(file));
    this.#changed(normal(file));
    return true;
  }

  async removeTree(directory: string, _options: { readonly point: string }): Promise<boolean> {
    await Promise.resolve();
    const top = normal(directory);
    const entry = this.#entries.get(top);
    if (entry === undefined) return false;
    if (entry.kind === "file") throw writeFailed(directory, "it is not a directory");
    const names = [...this.#entries.keys()].filter((name) => isWithin(top, name));
    for (const name of names) {
      this.#entries.delete(name);
      this.#locks.forget(name); // whoever makes the file again locks another one
    }
    for (const name of names) this.#changed(name);
    return true;
  }

  async lock(file: string, options: LockOptions): Promise<FileLock> {
    await Promise.resolve();
    if (this.#writable(file) === undefined) this.#store(file, new Uint8Array(0), 0o600);
    const name = normal(file);
    const free = await this.#locks.take(name, file, options);
    const owner = ownerText(options.owner, this.pid, this.clock.timestamp());
    this.#store(`${name}.owner`, bytesOf(owner).slice(), 0o600);
    const release = (): Promise<void> => {
      if (free()) {
        this.#entries.delete(`${name}.owner`);
        this.#changed(`${name}.owner`);
      }
      return Promise.resolve();
    };
    this.#locks.named(name, owner);
    return { path: file, release, [Symbol.asyncDispose]: release };
  }

  async lockHolder(file: string): Promise<string | undefined> {
    await Promise.resolve();
    return this.#locks.holder(normal(file));
  }

  watch(directories: readonly string[], signal: AbortSignal): AsyncIterable<void> {
    let dirty = false;
    let wake = (): void => {};
    const watcher: Watcher = {
      directories: new Set(directories.map(normal)),
      notice: () => {
        dirty = true;
        wake();
      },
    };
    this.#watchers.add(watcher);
    const end = () => {
      this.#watchers.delete(watcher);
      wake();
    };
    signal.addEventListener("abort", end, { once: true });
    return (async function* () {
      try {
        while (!signal.aborted) {
          if (!dirty) await new Promise<void>((resolve) => wake = resolve);
          if (!dirty || signal.aborted) continue;
          dirty = false;
          yield;
        }
      } finally {
        signal.removeEventListener("abort", end);
        end();
      }
    })();
  }

  /** As the system does when a process dies: its locks are free, its owner files stay. */
  dropLocks(): void {
    this.#locks.dropAll();
  }

  /** Each file's path with its text, for assertions; bytes that are not UTF-8 show as such. */
  texts(): Readonly<Record<string, string>> {
    const decoder = new TextDecoder();
    const texts: Record<string, string> = {};
    for (const [name, entry] of this.#entries) {
      if (entry.kind === "file") texts[name] = decoder.decode(entry.bytes);
    }
    return texts;
  }

  /** An entry, or undefined when missing; below a file is neither. */
  #find(file: string): MemoryFile | MemoryDirectory | undefined {
    const name = normal(file);
    for (let parent = path.posix.dirname(name); parent !== "/";) {
      if (this.#entries.get(parent)?.kind === "file") {
        throw unreadable(file, "a part of the path is not a directory");
      }
      parent = path.posix.dirname(parent);
    }
    return this.#entries.get(name);
  }

  #read(file: string): MemoryFile | undefined {
    const entry = this.#find(file);
    if (entry?.kind === "directory") throw unreadable(file, "it is a directory");
    return entry;
  }

  /** The file as it is, if a file of this name can be written at all. */
  #writable(file: string): MemoryFile | undefined {
    this.#parentOf(file);
    const entry = this.#entries.get(normal(file));
    if (entry?.kind === "directory") throw writeFailed(file, "it is a directory");
    return entry;
  }

  #parentOf(file: string): void {
    const parent = this.#entries.get(path.posix.dirname(normal(file)));
    if (parent === undefined) throw writeFailed(file, "no such file or directory");
    if (parent.kind === "file") {
      throw writeFailed(file, "a part of the path is not a directory");
    }
  }

  #store(file: string, bytes: Uint8Array<ArrayBuffer>, mode: number): void {
    this.#put(normal(file), { kind: "file", bytes, mode, modifiedMs: this.clock.now() });
  }

  /** In place: for all its names. */
  #write(entry: MemoryFile, bytes: Uint8Array<ArrayBuffer>): void {
    entry.bytes = bytes;
    entry.modifiedMs = this.clock.now();
    if (this.#watchers.size === 0) return;
    for (const [name, other] of this.#entries) if (other === entry) this.#changed(name);
  }

  #put(name: string, entry: MemoryFile | MemoryDirectory): void {
    this.#entries.set(name, entry);
    this.#changed(name);
  }

  #changed(name: string): void {
    for (const watcher of this.#watchers) {
      if (watcher.directories.has(name) || watcher.directories.has(path.posix.dirname(name))) {
        watcher.notice();
      }
    }
  }
}

const isWithin = (top: string, name: string): boolean => name === top || name.startsWith(`${top}/`);

const normal = (file: string): string => path.posix.resolve("/", file);

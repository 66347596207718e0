/**
 * Files that fail on purpose: the process dies before, in the middle of or after a durable step,
 * the disk is full, the file system is read-only. For tests of what survives.
 */
import { bytesOf, unreadable, writeFailed } from "./file_errors.ts";
import type { FileLock, Files, FileStat, LockOptions, WriteOptions } from "./files.ts";

/** The process died here. Not a WireError: nothing that runs may catch it and go on. */
export class Crash extends Error {
  override readonly name = "Crash";
}

export type DurableOperation =
  | "writeAtomic"
  | "createNew"
  | "link"
  | "append"
  | "overwrite"
  | "remove"
  | "removeTree";

/** One durable step that was reached. */
export interface DurableStep {
  /** Counted from 0 over the life of these files. */
  readonly index: number;
  readonly point: string;
  readonly operation: DurableOperation;
  readonly path: string;
}

/** A step by its index, or by its point (the first one with that point, unless `occurrence`). */
export type StepSelector = number | { readonly point: string; readonly occurrence?: number };

/** `torn`: half of an append or overwrite reaches the disk; other steps are whole or nothing. */
export type CrashMoment = "before" | "torn" | "after";

type Fault =
  | { readonly kind: "crash"; readonly moment: CrashMoment }
  | { readonly kind: "diskFull" };

export class FaultFiles implements Files {
  readonly #inner: Files;
  readonly #steps: DurableStep[] = [];
  readonly #faults: { readonly step: StepSelector; readonly fault: Fault }[] = [];
  readonly #occurrences = new Map<string, number>();
  readonly #held = new Set<FileLock>();
  readonly #unreadable = new Set<string>();
  #crashed = false;
  /** While set, whatever would change the disk fails. */
  readOnly = false;

  constructor(inner: Files) {
    this.#inner = inner;
  }

  /** The durable steps reached so far, failed ones included. */
  get steps(): readonly DurableStep[] {
    return this.#steps;
  }

  get crashed(): boolean {
    return this.#crashed;
  }

  /** At that step the process dies: a Crash is thrown there and by every call after it. */
  crashAt(step: StepSelector, moment: CrashMoment): this {
    this.#faults.push({ step, fault: { kind: "crash", moment } });
    return this;
  }

  /** At that step, once, the write fails as on a full disk and the old content stands. */
  diskFullAt(step: StepSelector): this {
    this.#faults.push({ step, fault: { kind: "diskFull" } });
    return this;
  }

  /** That file is there and cannot be read. */
  unreadable(path: string): this {
    this.#unreadable.add(path);
    return this;
  }

  readBytes(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#reading(path, () => this.#inner.readBytes(path));
  }

  readText(path: string): Promise<string | undefined> {
    return this.#reading(path, () => this.#inner.readText(path));
  }

  readAt(path: string, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.#reading(path, () => this.#inner.readAt(path, offset, length));
  }

  readHead(path: string, length: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#reading(path, () => this.#inner.readHead(path, length));
  }

  stat(path: string): Promise<FileStat | undefined> {
    return this.#alive(() => this.#inner.stat(path));
  }

  followLinks(path: string): Promise<string> {
    return this.#alive(() => this.#inner.followLinks(path));
  }

  list(directory: string): Promise<readonly string[]> {
    return this.#reading(directory, () => this.#inner.list(directory));
  }

  ensureDirectory(path: string, mode?: number): Promise<void> {
    return this.#alive(async () => {
      if (this.readOnly && (await this.#inner.stat(path))?.isDirectory) return;
      this.#refuseReadOnly(path);
      await this.#inner.ensureDirectory(path, mode);
    });
  }

  setGroup(path: string, group: number): Promise<void> {
    return this.#alive(async () => {
      this.#refuseReadOnly(path);
      await this.#inner.setGroup(path, group);
    });
  }

  chmod(path: string, mode: number): Promise<void> {
    return this.#alive(async () => {
      this.#refuseReadOnly(path);
      await this.#inner.chmod(path, mode);
    });
  }

  writeAtomic(path: string, data: Uint8Array | string, options: WriteOptions): Promise<void> {
    return this.#step("writeAtomic", path, options.point, {
      whole: () => this.#inner.writeAtomic(path, data, options),
    });
  }

  createNew(path: string, data: Uint8Array | string, options: WriteOptions): Promise<void> {
    return this.#step("createNew", path, options.point, {
      whole: () => this.#inner.createNew(path, data, options),
    });
  }

  link(path: string, name: string, options: { readonly point: string }): Promise<void> {
    return this.#step("link", name, options.point, {
      whole: () => this.#inner.link(path, name, options),
    });
  }

  append(path: string, data: Uint8Array | string, options: WriteOptions): Promise<number> {
    return this.#step("append", path, options.point, {
      whole: () => this.#inner.append(path, data, options),
      half: () => this.#inner.append(path, firstHalf(bytesOf(data)), options),
    });
  }

  overwrite(
    path: string,
    offset: number,
    data: Uint8Array,
    options: WriteOptions,
  ): Promise<void> {
    return this.#step("overwrite", path, options.point, {
      whole: () => this.#inner.overwrite(path, offset, data, options),
      half: () => this.#inner.overwrite(path, offset, firstHalf(data), options),
    });
  }

  remove(path: string, options: { readonly point: string }): Promise<boolean> {
    return this.#step("remove", path, options.point, {
      whole: () => this.#inner.remove(path, options),
    });
  }

  removeTree(path: string, options: { readonly point: string }): Promise<boolean> {
    return this.#step("removeTree", path, options.point, {
      whole: () => this.#inner.removeTree(path, options),
    });
  }

  lock(path: string, options: LockOptions): Promise<FileLock> {
    return this.#alive(async () => {
      this.#refuseReadOnly(path);
      const lock = await this.#inner.lock(path, options);
      if (this.#crashed) await lock.release(); // who died waiting gets nothing
      else this.#held.add(lock);
      const release = async (): Promise<void> => {
        this.#held.delete(lock);
        if (!this.#crashed) await lock.release(); // the dead hold nothing and delete nothing
      };
      return { path: lock.path, release, [Symbol.asyncDispose]: release };
    });
  }

  lockHolder(path: string): Promise<string | undefined> {
    return this.#alive(() => this.#inner.lockHolder(path));
  }

  watch(directories: readonly string[], signal: AbortSignal): AsyncIterable<void> {
    if (this.#crashed) throw new Crash("watch after the crash");
    return this.#inner.watch(directories, signal);
  }

  async #alive<T>(work: () => Promise<T>): Promise<T> {
    if (this.#crashed) throw new Crash("a call after the crash");
    const result = await work();
    if (this.#crashed) throw new Crash("a call that was under way at the crash");
    return result;
  }

  #reading<T>(path: string, work: () => Promise<T>): Promise<T> {
    return this.#alive(async () => {
      if (this.#unreadable.has(path)) throw unreadable(path, "permission denied");
      return await work();
    });
  }

  #refuseReadOnly(path: string): void {
    if (this.readOnly) throw writeFailed(path, "the file system is read-only");
  }

  async #step<T>(
    operation: DurableOperation,
    path: string,
    point: string,
    work: { whole(): Promise<T>; half?(): Promise<unknown> },
  ): Promise<T> {
    return await this.#alive(async () => {
      const fault = this.#reach(operation, path, point);
      this.#refuseReadOnly(path);
      if (fault?.kind === "diskFull") throw writeFailed(path, "the disk is full");
      if (fault?.kind === "crash" && fault.moment !== "after") {
        if (fault.moment === "torn") await work.half?.();
        throw await this.#die(operation, point, fault.moment);
      }
      const result = await work.whole();
      if (fault !== undefined) throw await this.#die(operation, point, "after");
      return result;
    });
  }

  #reach(operation: DurableOperation, path: string, point: string): Fault | undefined {
    const index = this.#steps.length;
    const occurrence = (this.#occurrences.get(point) ?? 0) + 1;
    this.#occurrences.set(point, occurrence);
    this.#steps.push({ index, point, operation, path });
    return this.#faults.find(({ step }) =>
      typeof step === "number"
        ? step === index
        : step.point === point && (step.occurrence ?? 1) === occurrence
    )?.fault;
  }

  /** The system frees a dead process's locks. */
  async #die(operation: string, point: string, moment: CrashMoment): Promise<Crash> {
    this.#crashed = true;
    for (const lock of this.#held) await lock.release();
    this.#held.clear();
    return new Crash(`${moment} ${operation} at ${point}`);
  }
}

const firstHalf = (data: Uint8Array): Uint8Array => data.subarray(0, data.length >> 1);

/** A machine that a test fits out. */
import type { Files } from "../files.ts";
import type { DiskSpace, Entry, Machine, OpenFiles, ProxyView } from "../machine.ts";

const PLENTY: DiskSpace = { freeBytes: 2 ** 40, freeFiles: 1_000_000 };

export class FakeMachine implements Machine {
  userId: number | undefined = 1_000;
  /** Of every path. */
  disk: DiskSpace | undefined = PLENTY;
  roots = { system: 140, bundled: 150 };
  proxy: ProxyView = { tag: "direct" };
  /** Paths that cannot be written, and why. */
  readonly readOnly = new Map<string, string>();
  /** Why nothing can be watched. */
  unwatchable: string | undefined;
  /** By process; of others nobody tells. */
  readonly openFilesOf = new Map<number, OpenFiles>();
  /** Entries that differ from plain files and directories of ours. */
  readonly strange = new Map<string, Entry>();
  readonly #files: Files;

  constructor(files: Files) {
    this.#files = files;
  }

  async entry(path: string): Promise<Entry | undefined> {
    const strange = this.strange.get(path);
    if (strange !== undefined) return strange;
    const stat = await this.#files.stat(path);
    return stat && { kind: stat.isDirectory ? "directory" : "file", owner: this.userId };
  }

  space(): Promise<DiskSpace | undefined> {
    return Promise.resolve(this.disk);
  }

  writeProblem(path: string): Promise<string | undefined> {
    return Promise.resolve(this.readOnly.get(path));
  }

  watchProblem(): Promise<string | undefined> {
    return Promise.resolve(this.unwatchable);
  }

  openFiles(pid: number): Promise<OpenFiles | undefined> {
    return Promise.resolve(this.openFilesOf.get(pid));
  }

  trustRoots(): Promise<{ readonly system: number; readonly bundled: number }> {
    return Promise.resolve(this.roots);
  }

  proxyFor(): Promise<ProxyView> {
    return Promise.resolve(this.proxy);
  }
}

/** The machine that this process runs on. */
import type { Env } from "../env.ts";
import { unreadable } from "../file_errors.ts";
import type { DiskSpace, Entry, Machine, OpenFiles, ProxyView } from "../machine.ts";
import { fileProblem } from "./file_problem.ts";

export class RealMachine implements Machine {
  readonly #env: Env;

  constructor(env: Env) {
    this.#env = env;
  }

  get userId(): number | undefined {
    return Deno.uid() ?? undefined;
  }

  async entry(path: string): Promise<Entry | undefined> {
    try {
      const info = await Deno.lstat(path);
      return { kind: kindOf(info), owner: info.uid ?? undefined };
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw unreadable(path, fileProblem(error), error);
    }
  }

  async space(path: string): Promise<DiskSpace | undefined> {
    const { statfs } = await import("node:fs/promises");
    try {
      const { bsize, bavail, files, ffree } = await statfs(path);
      return { freeBytes: bsize * bavail, freeFiles: files > 0 ? ffree : undefined };
    } catch {
      return undefined; // nobody tells: not every system does
    }
  }

  async writeProblem(path: string): Promise<string | undefined> {
    const { access, constants } = await import("node:fs/promises");
    try {
      await access(path, constants.W_OK);
      return undefined;
    } catch (error) {
      return /EROFS/.test(String(error)) ? "the file system is read-only" : "permission denied";
    }
  }

  watchProblem(directory: string): Promise<string | undefined> {
    try {
      using _watcher = Deno.watchFs(directory, { recursive: false });
      return Promise.resolve(undefined);
    } catch (error) {
      return Promise.resolve(fileProblem(error));
    }
  }

  async openFiles(pid: number): Promise<OpenFiles | undefined> {
    if (!Number.isSafeInteger(pid) || pid <= 0 || Deno.build.os !== "linux") return undefined;
    try {
      const limits = await Deno.readTextFile(`/proc/${pid}/limits`);
      const [, soft, hard] = /^Max open files\s+(\d+|unlimited)\s+(\d+|unlimited)/m.exec(limits) ??
        [];
      if (soft === undefined || hard === undefined) return undefined;
      const open = Array.from(Deno.readDirSync(`/proc/${pid}/fd`)).length;
      return { open, soft: numberOf(soft), hard: numberOf(hard) };
    } catch {
      return undefined; // it has ended, or it is another user's
    }
  }

  async trustRoots(): Promise<{ readonly system: number; readonly bundled: number }> {
    const { trustRoots } = await import("./trust_roots.ts");
    const { system, bundled } = trustRoots();
    return { system, bundled };
  }

  async proxyFor(url: string): Promise<ProxyView> {
    const { proxyFor } = await import("./proxy.ts");
    const choice = proxyFor(new URL(url), this.#env);
    if (choice.tag !== "proxy") return choice;
    const { host, port } = choice.proxy; // never its password
    return { tag: "proxy", host, port };
  }
}

const numberOf = (text: string): number => text === "unlimited" ? Infinity : Number(text);

function kindOf(info: Deno.FileInfo): Entry["kind"] {
  if (info.isSymlink) return "link";
  if (info.isFile) return "file";
  if (info.isDirectory) return "directory";
  return info.isSocket === true ? "socket" : "other";
}

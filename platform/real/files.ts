/** Files of the operating system. */
import path from "node:path";
import { WireError } from "../../protocol/errors.ts";
import type { Clock } from "../clock.ts";
import { bytesOf, textOf, unreadable, writeFailed } from "../file_errors.ts";
import type { FileLock, Files, FileStat, LockOptions, WriteOptions } from "../files.ts";
import {
  appendToFile,
  linkFile,
  makeDirectory,
  overwriteInFile,
  placeNewFile,
  replaceFile,
  syncDirectory,
} from "./durable.ts";
import { fileProblem } from "./file_problem.ts";
import { holderOf, takeLock } from "./locks.ts";
import { removeTree } from "./remove_tree.ts";
import { watchDirectories } from "./watch.ts";

const SECRET_FILE = 0o600;
const SECRET_DIRECTORY = 0o700;
/** As many as Linux follows. */
const MAX_LINKS = 40;
const WINDOWS = Deno.build.os === "windows";

export class RealFiles implements Files {
  constructor(readonly clock: Clock) {}

  readBytes(file: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return reading(file, () => Deno.readFile(file));
  }

  async readText(file: string): Promise<string | undefined> {
    const bytes = await this.readBytes(file);
    return bytes === undefined ? undefined : textOf(file, bytes);
  }

  async readAt(file: string, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await reading(file, async () => {
      using handle = await Deno.open(file);
      await handle.seek(offset, Deno.SeekMode.Start);
      const { size } = await handle.stat();
      return await readUpTo(handle, Math.max(0, Math.min(length, size - offset)));
    });
    return bytes ?? new Uint8Array(0);
  }

  readHead(file: string, length: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return reading(file, async () => {
      using handle = await Deno.open(file);
      return await readUpTo(handle, length);
    });
  }

  stat(file: string): Promise<FileStat | undefined> {
    return reading(file, async () => {
      const info = await Deno.stat(file);
      return {
        size: info.size,
        modifiedMs: info.mtime?.getTime() ?? 0,
        mode: info.mode === null || WINDOWS ? undefined : info.mode & 0o7777,
        group: info.gid === null || WINDOWS ? undefined : info.gid,
        isFile: info.isFile,
        isDirectory: info.isDirectory,
      };
    });
  }

  async followLinks(file: string): Promise<string> {
    let target = path.resolve(file);
    for (let links = 0; links < MAX_LINKS; links++) {
      const next = await reading(target, () => linkIn(target));
      if (next === undefined) return target;
      target = path.resolve(path.dirname(target), next);
    }
    throw unreadable(file, "too many symbolic links");
  }

  async list(directory: string): Promise<readonly string[]> {
    const names = await reading(directory, async () => {
      const found: string[] = [];
      for await (const entry of Deno.readDir(directory)) found.push(entry.name);
      return found.sort();
    });
    return names ?? [];
  }

  ensureDirectory(directory: string, mode: number = SECRET_DIRECTORY): Promise<void> {
    return writing(directory, () => makeDirectory(directory, mode));
  }

  setGroup(file: string, group: number): Promise<void> {
    return writing(file, async () => {
      if (!WINDOWS) await Deno.chown(file, null, group);
    });
  }

  chmod(file: string, mode: number): Promise<void> {
    return writing(file, async () => {
      if (!WINDOWS) await Deno.chmod(file, mode);
    });
  }

  writeAtomic(file: string, data: Uint8Array | string, options: WriteOptions): Promise<void> {
    return writing(file, () => replaceFile(file, bytesOf(data), options.mode ?? SECRET_FILE));
  }

  createNew(file: string, data: Uint8Array | string, options: WriteOptions): Promise<void> {
    return writing(file, () => placeNewFile(file, bytesOf(data), options.mode ?? SECRET_FILE));
  }

  link(file: string, name: string, _options: { readonly point: string }): Promise<void> {
    return writing(name, () => linkFile(file, name));
  }

  append(file: string, data: Uint8Array | string, options: WriteOptions): Promise<number> {
    return writing(file, () => appendToFile(file, bytesOf(data), options.mode ?? SECRET_FILE));
  }

  overwrite(
    file: string,
    offset: number,
    data: Uint8Array,
    _options: WriteOptions,
  ): Promise<void> {
    return writing(file, () => overwriteInFile(file, offset, data));
  }

  remove(file: string, _options: { readonly point: string }): Promise<boolean> {
    return writing(file, async () => {
      try {
        if ((await Deno.lstat(file)).isDirectory) throw writeFailed(file, "it is a directory");
        await Deno.remove(file);
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return false;
        throw error;
      }
      await syncDirectory(path.dirname(file));
      return true;
    });
  }

  removeTree(directory: string, _options: { readonly point: string }): Promise<boolean> {
    return writing(directory, () => removeTree(directory));
  }

  lock(file: string, options: LockOptions): Promise<FileLock> {
    return takeLock(file, options, this.clock);
  }

  async lockHolder(file: string): Promise<string | undefined> {
    return await reading(file, () => holderOf(file));
  }

  watch(directories: readonly string[], signal: AbortSignal): AsyncIterable<void> {
    return watchDirectories(directories, signal);
  }
}

/** Missing is undefined; whatever else fails is `unreadable`. */
async function reading<T>(file: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof WireError) throw error;
    throw unreadable(file, fileProblem(error), error);
  }
}

/** What a link holds, or undefined where there is none. */
async function linkIn(file: string): Promise<string | undefined> {
  return (await Deno.lstat(file)).isSymlink ? await Deno.readLink(file) : undefined;
}

async function writing<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof WireError) throw error;
    throw writeFailed(file, fileProblem(error), error);
  }
}

async function readUpTo(handle: Deno.FsFile, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const count = await handle.read(bytes.subarray(filled));
    if (count === null) break; // the file became shorter meanwhile
    filled += count;
  }
  return bytes.subarray(0, filled);
}

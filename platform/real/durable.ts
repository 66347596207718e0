/** Writes that are on the disk when they return. */
import path from "node:path";
import { alreadyExists, appendix, isLink, writeFailed } from "../file_errors.ts";
import { temporaryName } from "../temporary_name.ts";

const WINDOWS = Deno.build.os === "windows";

/** Makes a rename, link or removal in this directory durable; Windows has no such call. */
export async function syncDirectory(directory: string): Promise<void> {
  if (WINDOWS) return;
  using handle = await Deno.open(directory);
  await handle.sync();
}

/** Creates the directory and its missing parents; what was there keeps its mode. */
export async function makeDirectory(directory: string, mode: number): Promise<void> {
  const missing: string[] = [];
  for (let parent = path.resolve(directory); !await exists(parent); parent = path.dirname(parent)) {
    missing.unshift(parent);
  }
  // Also when nothing is missing: a file in its place is refused here.
  await Deno.mkdir(directory, { recursive: true, mode });
  for (const made of missing) await syncDirectory(path.dirname(made));
}

/**
 * Writes a new file beside `target`, synced, with its mode from creation on, and hands its name to
 * `place`, which moves it where it belongs. Whatever fails, no temporary file stays.
 */
async function throughTemporary(
  target: string,
  data: Uint8Array,
  options: { readonly mode: number; place(temporary: string): Promise<void> },
): Promise<void> {
  const temporary = temporaryName(target, crypto.randomUUID());
  let created = false;
  try {
    {
      using file = await Deno.open(temporary, {
        write: true,
        createNew: true,
        mode: options.mode,
      });
      created = true;
      await writeAll(file, data);
      await file.sync();
    }
    await options.place(temporary);
    created = false;
    await syncDirectory(path.dirname(target));
  } catch (error) {
    if (created) await discard(temporary);
    throw error;
  }
}

/** Old content or new, never half. */
export async function replaceFile(target: string, data: Uint8Array, mode: number): Promise<void> {
  await throughTemporary(target, data, {
    mode,
    place: (temporary) => Deno.rename(temporary, target),
  });
}

/** @throws {WireError} conflict, when the target exists */
export async function placeNewFile(target: string, data: Uint8Array, mode: number): Promise<void> {
  await throughTemporary(target, data, {
    mode,
    async place(temporary) {
      try {
        await Deno.link(temporary, target);
      } catch (error) {
        if (error instanceof Deno.errors.AlreadyExists) throw alreadyExists(target);
        throw error;
      }
      await Deno.remove(temporary);
    },
  });
}

/** @throws {WireError} conflict, when the name exists or the file is a symbolic link */
export async function linkFile(target: string, name: string): Promise<void> {
  if ((await Deno.lstat(target)).isSymlink) throw isLink(target);
  try {
    await Deno.link(target, name);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) throw alreadyExists(name);
    throw error;
  }
  await syncDirectory(path.dirname(name));
}

/**
 * One write at the end of the file, then sync. If it fails the file is cut back to what it was,
 * unless somebody else has appended meanwhile.
 * @returns the offset at which `data` starts
 */
export async function appendToFile(
  target: string,
  data: Uint8Array,
  mode: number,
): Promise<number> {
  const existed = await exists(target);
  using file = await Deno.open(target, { read: true, append: true, create: true, mode });
  const { size } = await file.stat();
  const block = appendix(await lastByte(file, size), data);
  try {
    await writeAll(file, block);
    await file.sync();
  } catch (error) {
    await cutBack(file, size, block.length);
    throw error;
  }
  if (!existed) await syncDirectory(path.dirname(target));
  return size + block.length - data.length;
}

/** @throws {WireError} write_failed, when the bytes would not lie within the file */
export async function overwriteInFile(
  target: string,
  offset: number,
  data: Uint8Array,
): Promise<void> {
  using file = await Deno.open(target, { write: true });
  const { size } = await file.stat();
  if (offset < 0 || offset + data.length > size) {
    throw writeFailed(target, `it ends at ${size}, before ${offset + data.length}`);
  }
  await file.seek(offset, Deno.SeekMode.Start);
  await writeAll(file, data);
  await file.sync();
}

async function exists(target: string): Promise<boolean> {
  try {
    await Deno.lstat(target);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function lastByte(file: Deno.FsFile, size: number): Promise<number | undefined> {
  if (size === 0) return undefined;
  const byte = new Uint8Array(1);
  await file.seek(size - 1, Deno.SeekMode.Start);
  return await file.read(byte) === 1 ? byte[0] : undefined;
}

/** The system may take less than all of it, at a signal or a full disk; the next call tells why. */
async function writeAll(file: Deno.FsFile, data: Uint8Array): Promise<void> {
  for (let written = 0; written < data.length;) {
    written += await file.write(data.subarray(written));
  }
}

async function cutBack(file: Deno.FsFile, size: number, attempted: number): Promise<void> {
  try {
    const now = (await file.stat()).size;
    if (now > size && now <= size + attempted) await file.truncate(size);
  } catch {
    // The write's own error is what the caller must see; a torn tail is mended by the next append.
  }
}

async function discard(temporary: string): Promise<void> {
  try {
    await Deno.remove(temporary);
  } catch {
    // The write's own error is what the caller must see; a left-over temporary file harms nobody.
  }
}

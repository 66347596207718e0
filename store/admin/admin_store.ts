/** A relay's store in the hands of its operator, while no relay holds it. */
import path from "node:path";
import type { Clock } from "../../platform/clock.ts";
import type { Files } from "../../platform/files.ts";
import { WireError } from "../../protocol/errors.ts";
import { openDataDirectory } from "../slots/data_directory.ts";
import { formatKey } from "../slots/kv_rows.ts";
import { openKv } from "../slots/open_kv.ts";
import { remoteKv } from "../slots/remote_kv.ts";

export interface AdminStore extends AsyncDisposable {
  readonly kv: Deno.Kv;
  /** Relays may be running on it. */
  readonly isShared: boolean;
  /** The file it lies in, if it is one of ours. */
  readonly file: string | undefined;
  /** Closes it, and does something with its file while nobody else can open it. */
  closed(then: (file: string) => void): void;
}

export interface AdminPlace {
  /** Used unless `kv` is given. */
  readonly data: string;
  /** URL of a KV Connect server. */
  readonly kv: string | undefined;
  /** Whether a store is made where there is none. */
  readonly mayCreate?: boolean;
}

/**
 * A directory is held until the store is closed: no relay starts on it meanwhile, and none may run.
 * @throws {WireError} not_found, locked (naming the relay), unreadable
 */
export async function openAdminStore(
  { data, kv: url, mayCreate = false }: AdminPlace,
  { files, clock }: { readonly files: Files; readonly clock: Clock },
): Promise<AdminStore> {
  if (url !== undefined) return await openShared(url, { mayCreate, clock });
  const marker = path.join(data, "store.json");
  if (!mayCreate && await files.stat(marker) === undefined) {
    throw new WireError(
      "not_found",
      `Cannot find a relay's store in ${data}: no store.json there`,
      {
        hint: "name the relay's directory with --data, or its KV server with --kv",
      },
    );
  }
  const directory = await openDataDirectory(files, data, {
    owner: "wire relay-admin",
    hint: "stop the relay first (as its service manager does, or with SIGTERM), then ask again",
  });
  const { kvPath: file, hasStore } = directory;
  try {
    const kv = await openKv({ place: file, name: file, mustExist: hasStore, isChecked: false });
    await directory.markMade();
    let isOpen = true;
    const close = (): void => {
      if (isOpen) kv.close();
      isOpen = false;
    };
    return {
      kv,
      isShared: false,
      file,
      closed(then) {
        close();
        then(file);
      },
      async [Symbol.asyncDispose]() {
        close();
        await directory[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await directory[Symbol.asyncDispose]();
    throw error;
  }
}

async function openShared(
  url: string,
  { mayCreate, clock }: { readonly mayCreate: boolean; readonly clock: Clock },
): Promise<AdminStore> {
  if (!/^https?:\/\/[^\s/]/.test(url)) {
    throw new WireError(
      "usage",
      `Cannot use the KV server ${JSON.stringify(url)}: expected http:// or https://`,
    );
  }
  const over = (plain: Deno.Kv): Deno.Kv => remoteKv(plain, { clock });
  if (!mayCreate) await requireStore(url, over);
  const kv = await openKv({ place: url, name: url, mustExist: false, isChecked: false, over });
  return {
    kv,
    isShared: true,
    file: undefined,
    closed: () => undefined,
    [Symbol.asyncDispose]() {
      kv.close();
      return Promise.resolve();
    },
  };
}

/** An empty server has not met a relay yet: nothing is put there to look at it. */
async function requireStore(url: string, over: (kv: Deno.Kv) => Deno.Kv): Promise<void> {
  let isEmpty = false;
  try {
    using kv = over(await Deno.openKv(url));
    isEmpty = (await kv.get(formatKey)).versionstamp === null;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WireError("unreadable", `Cannot open the relay's store ${url}: ${reason}`, { cause });
  }
  if (isEmpty) {
    throw new WireError("not_found", `Cannot find a relay's store at ${url}: it has none`);
  }
}

/** The directory of an embedded store: held by one relay, closed to other users. */
import path from "node:path";
import { WireError } from "../../protocol/errors.ts";
import type { FileLock, Files } from "../../platform/files.ts";

const MARKER = '{"format":1,"store":"relay.kv"}\n';

export interface DataDirectory extends AsyncDisposable {
  readonly kvPath: string;
  /** A store was made here before. */
  readonly hasStore: boolean;
  /** To be called once the store has been made. */
  markMade(): Promise<void>;
}

export interface Holder {
  /** What others are told while it holds the directory. */
  readonly owner: string;
  /** What to do when somebody else does. */
  readonly hint: string;
}

const RELAY: Holder = {
  owner: "wire relay-server",
  hint: "stop that relay, or name another directory with --data",
};

/** @throws {WireError} locked, naming the relay that holds the directory; write_failed; unreadable */
export async function openDataDirectory(
  files: Files,
  directory: string,
  holder: Holder = RELAY,
): Promise<DataDirectory> {
  await files.ensureDirectory(directory, 0o700);
  await files.chmod(directory, 0o700);
  const lock = await takeLock(files, directory, holder);
  const marker = path.join(directory, "store.json");
  const kvPath = path.join(directory, "relay.kv");
  return {
    kvPath,
    hasStore: await files.stat(marker) !== undefined,
    async markMade() {
      if (await files.stat(marker) === undefined) {
        await files.writeAtomic(marker, MARKER, { point: "relay.store_marker" });
      }
      await files.chmod(kvPath, 0o600);
    },
    [Symbol.asyncDispose]: () => lock.release(),
  };
}

async function takeLock(
  files: Files,
  directory: string,
  { owner, hint }: Holder,
): Promise<FileLock> {
  const file = path.join(directory, "relay.lock");
  try {
    return await files.lock(file, { owner, deadlineMs: 0 });
  } catch (error) {
    if (!(error instanceof WireError) || error.code !== "locked") throw error;
    const holder = await files.lockHolder(file) ?? "another relay, which has just ended";
    throw new WireError(
      "locked",
      `Cannot use the data directory ${directory}: it is held by ${holder}`,
      { hint, cause: error },
    );
  }
}

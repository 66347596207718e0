/** Giving back the room of what is not needed any more. */
import type { Clock } from "../../platform/clock.ts";
import type { Files } from "../../platform/files.ts";
import { shrink } from "../../platform/sqlite_file.ts";
import { KvDirectory } from "../directory/kv_directory.ts";
import { KvSlotStore } from "../slots/kv_slot_store.ts";
import type { AdminStore } from "./admin_store.ts";

export interface Compacted {
  /** Whose bodies were dropped. */
  readonly events: number;
  readonly bytes: number;
  /** Of the store's file; undefined on a KV server, which looks after its own. */
  readonly fileBytesBefore: number | undefined;
  readonly fileBytesAfter: number | undefined;
}

/**
 * Closes the store.
 * @param retainMs mail that was acked and is known to be older goes; undefined: none
 * @throws {WireError} unreadable, write_failed
 */
export async function compact(
  store: AdminStore,
  retainMs: number | undefined,
  { files, clock }: { readonly files: Files; readonly clock: Clock },
): Promise<Compacted> {
  const { kv, isShared, file } = store;
  const sizeOf = async (): Promise<number | undefined> =>
    file === undefined ? undefined : (await files.stat(file))?.size;
  const slots = new KvSlotStore({ kv, clock, isShared, maxSlots: 0, maxSlotBytes: 0 });
  const swept = await slots.sweep({ retainMs });
  const directory = new KvDirectory({ kv, maxHandles: 0, maxInvites: 0 });
  await directory.sweepInvites(Math.floor(clock.now() / 1_000));
  const fileBytesBefore = await sizeOf();
  store.closed(shrink);
  return { ...swept, fileBytesBefore, fileBytesAfter: await sizeOf() };
}

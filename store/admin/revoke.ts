/** Taking a mailbox or one of its grants out of service, for good. */
import type { Clock } from "../../platform/clock.ts";
import { WireError } from "../../protocol/errors.ts";
import { isSlotId } from "../../protocol/ids.ts";
import { KvSlotStore } from "../slots/kv_slot_store.ts";
import type { AdminStore } from "./admin_store.ts";

export interface RevokeRequest {
  readonly slot: string;
  /** Undefined: the slot itself is retired. */
  readonly grant: string | undefined;
}

/** Again is no error. @throws {WireError} usage, not_found, write_failed */
export async function revoke(
  { kv, isShared }: AdminStore,
  { slot, grant }: RevokeRequest,
  clock: Clock,
): Promise<void> {
  if (!isSlotId(slot)) {
    throw new WireError(
      "usage",
      `Cannot revoke slot ${JSON.stringify(slot)}: expected 32 hex digits, as "slots" shows them`,
    );
  }
  const store = new KvSlotStore({ kv, clock, isShared, maxSlots: 0, maxSlotBytes: 0 });
  if (await store.find(slot) === undefined) {
    throw new WireError("not_found", `Cannot revoke slot ${slot}: it is not in this store`);
  }
  if (grant === undefined) return await store.retire(slot);
  if (await store.revokeGrant(slot, grant, clock.now()) === undefined) {
    throw new WireError(
      "not_found",
      `Cannot revoke grant ${JSON.stringify(grant)}: slot ${slot} has no such grant`,
    );
  }
}

/**
 * A grant that was given before anybody knew the peer's DID, as in a pairing, becomes that peer's: it
 * is revoked with the peer, and given again to nobody else. See docs/protocol/extensions.md §2.
 */
import { updateGrants, withChanged } from "../../store/home/grants.ts";
import type { Home } from "../../store/home/home.ts";

export interface Adoption {
  /** Whom it was handed out to until now, such as `pair2:<pair id>`. */
  readonly holder: string;
  readonly did: string;
}

/**
 * Call it once the peer has what was given. What it had on the same mailbox before is to be revoked:
 * it does not use that any more. Again is the same.
 * @throws {WireError} locked, unreadable, write_failed
 */
export async function adoptGrants(home: Home, { holder, did }: Adoption): Promise<void> {
  const at = home.platform.clock.timestamp();
  await updateGrants(home, "wire, pairing", (grants) => {
    const slots = new Set(
      grants.grants.filter((it) => it.holder === holder && it.revoke_since === undefined)
        .map((it) => it.slot_id),
    );
    if (holder === did || slots.size === 0) return grants;
    return withChanged(grants, (entry) => {
      if (entry.revoke_since !== undefined || !slots.has(entry.slot_id)) return entry;
      if (entry.holder === did) return { ...entry, revoke_since: at };
      return entry.holder === holder ? { ...entry, holder: did } : entry;
    });
  });
}

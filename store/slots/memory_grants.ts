/** Grants of one slot in memory. */
import type { EpochMs } from "../../protocol/ids.ts";
import {
  byCreation,
  forgettable,
  type Grant,
  type GrantLimits,
  type LimitsChanged,
  MAX_LIVE_GRANTS,
  MAX_REVOKED_GRANTS,
  type NewGrant,
  newGrant,
} from "./grant.ts";

export class MemoryGrants {
  readonly #byId = new Map<string, Grant>();
  readonly #ids = new Map<string, string>();
  #revoked = 0;

  get(id: string): Grant | undefined {
    return this.#byId.get(id);
  }

  put(grant: Grant): void {
    this.#byId.set(grant.id, grant);
  }

  create(made: NewGrant): boolean {
    if (this.#byId.size - this.#revoked >= MAX_LIVE_GRANTS) return false;
    this.put(newGrant(made));
    this.#ids.set(made.tokenHash.toHex(), made.id);
    return true;
  }

  find(tokenHash: Uint8Array): Grant | undefined {
    return this.#byId.get(this.#ids.get(tokenHash.toHex()) ?? "");
  }

  list(): Grant[] {
    return [...this.#byId.values()].sort(byCreation);
  }

  changeLimits(id: string, change: Partial<GrantLimits>): LimitsChanged {
    const before = this.#byId.get(id);
    if (before === undefined) return { status: "unknown" };
    if (before.revokedAt !== null) return { status: "revoked" };
    const grant = { ...before, limits: { ...before.limits, ...change } };
    this.put(grant);
    return { status: "changed", grant };
  }

  revoke(id: string, at: EpochMs): Grant | undefined {
    const before = this.#byId.get(id);
    if (before === undefined || before.revokedAt !== null) return before;
    const revoked = { ...before, revokedAt: at };
    this.put(revoked);
    this.#revoked += 1;
    if (this.#revoked <= MAX_REVOKED_GRANTS) return revoked;
    for (const grant of forgettable(this.list())) {
      this.#revoked -= 1;
      this.#byId.delete(grant.id);
      this.#ids.delete(grant.tokenHash.toHex());
    }
    return revoked;
  }
}

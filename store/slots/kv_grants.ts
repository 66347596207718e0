/** Grants in Deno KV. What a use needs lies in memory; other changes are rare and read anew. */
import type { Clock } from "../../platform/clock.ts";
import { WireError } from "../../protocol/errors.ts";
import type { EpochMs, SlotId } from "../../protocol/ids.ts";
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
import {
  grantCountsKey,
  grantKey,
  grantOfKey,
  grantsPrefix,
  readGrantCounts,
  readGrantId,
  readGrantRow,
} from "./kv_grant_rows.ts";
import { headKey } from "./kv_rows.ts";
import { unknownSlot } from "./memory_slot_store.ts";
import { writing } from "./writing.ts";

/** Other processes' changes are seen after this long. */
const FRESH_MS = 1_000;
/** Grants kept in memory; the others are read when asked for. */
const MAX_STATES = 65_536;
/** Uses of a grant change its row, so a change may have to be tried again. */
const MAX_ATTEMPTS = 256;

/** What is known in memory about one grant, and what is on its way under it. */
export class GrantState {
  /** Bytes of appends that no commit has answered yet. */
  waitingBytes = 0;
  /** Grows whenever the row was changed by something else than a use of our own. */
  foreign = 0;

  constructor(
    readonly slot: SlotId,
    public grant: Grant,
    public versionstamp: string,
    /** Monotonic milliseconds. */
    public readAt: number,
  ) {}

  /** Versionstamps grow: an answer that was overtaken changes nothing. */
  take(grant: Grant, versionstamp: string): void {
    if (versionstamp <= this.versionstamp) return;
    this.grant = grant;
    this.versionstamp = versionstamp;
    this.foreign += 1;
  }
}

export interface KvGrantsDeps {
  readonly kv: Deno.Kv;
  readonly clock: Clock;
  /** Other processes write to the same store. */
  readonly isShared: boolean;
}

export class KvGrants {
  readonly #deps: KvGrantsDeps;
  /** By slot and id, and by slot and token hash. */
  readonly #states = new Map<string, GrantState>();
  readonly #ids = new Map<string, string>();

  constructor(deps: KvGrantsDeps) {
    this.#deps = deps;
  }

  async create(slot: SlotId, made: NewGrant): Promise<boolean> {
    const { kv } = this.#deps;
    return await this.#retried(async () => {
      const [head, row] = await kv.getMany([headKey(slot), grantCountsKey(slot)]);
      if (head.versionstamp === null) throw unknownSlot();
      const counts = readGrantCounts(row.value);
      if (counts.live >= MAX_LIVE_GRANTS) return false;
      const result = await writing("the grant", () =>
        kv.atomic()
          .check(row)
          .check({ key: grantKey(slot, made.id), versionstamp: null })
          .set(grantKey(slot, made.id), newGrant(made))
          .set(grantOfKey(slot, made.tokenHash), made.id)
          .set(grantCountsKey(slot), { ...counts, live: counts.live + 1 })
          .commit());
      return result.ok ? true : undefined;
    });
  }

  async find(slot: SlotId, tokenHash: Uint8Array): Promise<Grant | undefined> {
    const name = `${slot} ${tokenHash.toHex()}`;
    const id = this.#ids.get(name) ?? await this.#readId(slot, tokenHash);
    if (id === undefined) return undefined;
    const grant = (await this.state(slot, id))?.grant;
    if (grant !== undefined) keep(this.#ids, name, id);
    else this.#ids.delete(name);
    return grant;
  }

  async list(slot: SlotId): Promise<Grant[]> {
    const grants: Grant[] = [];
    for await (const { value } of this.#deps.kv.list({ prefix: grantsPrefix(slot) })) {
      grants.push(readGrantRow(value));
    }
    return grants.sort(byCreation);
  }

  async changeLimits(
    slot: SlotId,
    id: string,
    change: Partial<GrantLimits>,
  ): Promise<LimitsChanged> {
    return await this.#retried(async (): Promise<LimitsChanged | undefined> => {
      const row = await this.#deps.kv.get(grantKey(slot, id));
      if (row.versionstamp === null) return { status: "unknown" };
      const before = readGrantRow(row.value);
      if (before.revokedAt !== null) return { status: "revoked" };
      const grant = { ...before, limits: { ...before.limits, ...change } };
      const operation = this.#deps.kv.atomic().check(row).set(grantKey(slot, id), grant);
      const result = await writing("the grant", () => operation.commit());
      if (!result.ok) return undefined;
      this.#changed(slot, grant, result.versionstamp);
      return { status: "changed", grant };
    });
  }

  async revoke(slot: SlotId, id: string, at: EpochMs): Promise<Grant | undefined> {
    const { kv } = this.#deps;
    const revoked = await this.#retried(async () => {
      const [row, counts] = await kv.getMany([grantKey(slot, id), grantCountsKey(slot)]);
      if (row.versionstamp === null) return "unknown";
      const before = readGrantRow(row.value);
      if (before.revokedAt !== null) return before;
      const grant: Grant = { ...before, revokedAt: at };
      const { live, revoked } = readGrantCounts(counts.value);
      const operation = kv.atomic().check(row, counts).set(grantKey(slot, id), grant)
        .set(grantCountsKey(slot), { live: live - 1, revoked: revoked + 1 });
      const result = await writing("the revocation", () => operation.commit());
      if (!result.ok) return undefined;
      this.#changed(slot, grant, result.versionstamp);
      return grant;
    });
    if (revoked === "unknown") return undefined;
    await this.#forgetOldest(slot);
    return revoked;
  }

  /** @returns undefined if there is no such grant, or none any more */
  async state(slot: SlotId, id: string): Promise<GrantState | undefined> {
    const name = `${slot} ${id}`;
    const known = this.#states.get(name);
    const now = this.#deps.clock.monotonic();
    const isFresh = !this.#deps.isShared || now - (known?.readAt ?? 0) < FRESH_MS;
    if (known !== undefined && isFresh) {
      keep(this.#states, name, known);
      return known;
    }
    const row = await this.#deps.kv.get(grantKey(slot, id));
    // Somebody else may have read it meanwhile: of one grant there is one state.
    const state = this.#states.get(name);
    if (row.versionstamp === null) {
      this.#states.delete(name);
      return undefined;
    }
    const grant = readGrantRow(row.value);
    if (state === undefined) {
      const made = new GrantState(slot, grant, row.versionstamp, now);
      keep(this.#states, name, made);
      return made;
    }
    state.take(grant, row.versionstamp);
    state.readAt = now;
    return state;
  }

  /** Takes over what other processes, or changes of our own, wrote. */
  async refresh(state: GrantState): Promise<void> {
    const row = await this.#deps.kv.get(grantKey(state.slot, state.grant.id));
    if (row.versionstamp !== null) return state.take(readGrantRow(row.value), row.versionstamp);
    state.foreign += 1;
    state.grant = { ...state.grant, revokedAt: state.grant.revokedAt ?? this.#deps.clock.now() };
  }

  /** Also when it was not in memory: somebody may be reading the row as it was before. */
  #changed(slot: SlotId, grant: Grant, versionstamp: string): void {
    const name = `${slot} ${grant.id}`;
    const known = this.#states.get(name);
    if (known !== undefined) return known.take(grant, versionstamp);
    const readAt = this.#deps.clock.monotonic();
    keep(this.#states, name, new GrantState(slot, grant, versionstamp, readAt));
  }

  async #readId(slot: SlotId, tokenHash: Uint8Array): Promise<string | undefined> {
    const { value } = await this.#deps.kv.get(grantOfKey(slot, tokenHash));
    return value === null ? undefined : readGrantId(value);
  }

  async #forgetOldest(slot: SlotId): Promise<void> {
    const { kv } = this.#deps;
    await this.#retried(async () => {
      const counts = await kv.get(grantCountsKey(slot));
      const { live, revoked } = readGrantCounts(counts.value);
      if (revoked <= MAX_REVOKED_GRANTS) return true;
      const oldest = forgettable(await this.list(slot));
      const [first] = oldest;
      if (first === undefined) return true;
      const operation = kv.atomic().check(counts)
        .delete(grantKey(slot, first.id)).delete(grantOfKey(slot, first.tokenHash))
        .set(grantCountsKey(slot), { live, revoked: revoked - 1 });
      const { ok } = await writing("the revocation", () => operation.commit());
      if (ok) this.#states.delete(`${slot} ${first.id}`);
      return ok && oldest.length === 1 ? true : undefined;
    });
  }

  /** @param attempt undefined: somebody else was quicker */
  async #retried<T>(attempt: () => Promise<T | undefined>): Promise<T> {
    for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts++) {
      const result = await attempt();
      if (result !== undefined) return result;
    }
    throw new WireError("write_failed", "Cannot store the grant: others kept changing it");
  }
}

/** Puts it at the end of what was used last, and lets the first go beyond a bound. */
function keep<T>(map: Map<string, T>, name: string, value: T): void {
  map.delete(name);
  map.set(name, value);
  const [oldest] = map.keys();
  if (map.size > MAX_STATES && oldest !== undefined) map.delete(oldest);
}

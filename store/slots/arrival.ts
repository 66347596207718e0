/** The events of one append on their way into a slot: decided one after the other, answered together. */
import type { NewIntro, Waiting } from "./batch.ts";
import { digestBytes, keyOf } from "./event_key.ts";
import type { GrantState } from "./kv_grants.ts";
import { packEntry } from "./packing.ts";
import type { SlotLog } from "./slot_log.ts";
import type { Appended, AppendedOfMany, AppendOptions, NewEvent } from "./slot_store.ts";

const encoder = new TextEncoder();
const NO_BODY = new Uint8Array();

export interface ArrivalContext {
  readonly log: SlotLog;
  readonly grant: GrantState | undefined;
  readonly options: AppendOptions;
  readonly maxSlotBytes: number;
  readonly maxSlotIds: number;
}

/** One promise for all of them. */
export class Arrival {
  /** By place; undefined: not known yet, at the end one that waits for an equal one. */
  readonly answers: (AppendedOfMany | undefined)[] = [];
  /** By place: until when an equal event is on its way. */
  readonly others = new Map<number, Promise<unknown>>();
  readonly queued: Waiting[] = [];
  readonly #settled = Promise.withResolvers<void>();
  #open = 0;

  constructor(readonly context: ArrivalContext) {}

  /** Resolves once every queued event is answered. */
  get settled(): Promise<void> {
    return this.#open === 0 ? Promise.resolve() : this.#settled.promise;
  }

  take(event: NewEvent): void {
    const { log } = this.context;
    const place = this.answers.length;
    const inFlight = event.id === undefined ? undefined : log.inFlight.get(event.id);
    if (inFlight !== undefined) this.others.set(place, inFlight);
    this.answers.push(inFlight === undefined ? this.#tried(event, place) : undefined);
  }

  #tried(event: NewEvent, place: number): AppendedOfMany | undefined {
    try {
      return this.#decide(event, place);
    } catch (error) {
      return { status: "failed", error };
    }
  }

  /** @returns undefined if it was queued */
  #decide(event: NewEvent, place: number): Appended | undefined {
    const { log, grant, options, maxSlotBytes, maxSlotIds } = this.context;
    if (log.isRetired) return { status: "retired" };
    if (options.grant !== undefined && !isUsable(grant)) return { status: "revoked" };
    const key = event.id === undefined ? undefined : keyOf(event.id);
    const known = key === undefined ? undefined : duplicateOf(log, key);
    if (known !== undefined) return known;
    if (options.admit?.() === false) return { status: "refused" };
    const ids = log.ids.size + log.waiting;
    if (key !== undefined && ids >= idsFor(options, maxSlotIds)) {
      return { status: "full", bytesUsed: log.bytes, ids };
    }
    const body = encoder.encode(event.text);
    if (options.intro !== undefined) {
      this.#enqueue(place, { id: event.id, key, body, intro: options.intro });
      return undefined;
    }
    const overGrant = grant === undefined
      ? undefined
      : grantFull(grant, grant.waitingBytes + body.length);
    if (overGrant !== undefined) return overGrant;
    if (log.bytes + log.waitingBytes + body.length > maxSlotBytes) {
      return { status: "full", bytesUsed: log.bytes + log.waitingBytes };
    }
    this.#enqueue(place, { id: event.id, key, body });
    return undefined;
  }

  #enqueue(place: number, { id, key, body, intro }: NewBody): void {
    const { log, grant, options } = this.context;
    const isIntro = intro !== undefined;
    const digest = digestBytes(body);
    const via = isIntro ? undefined : options.grant?.id;
    const packed = packEntry(id, { key, digest, body: isIntro ? NO_BODY : body, isIntro, via });
    const bodyBytes = isIntro ? 0 : body.length;
    const state = isIntro ? undefined : grant;
    log.waiting += 1;
    log.waitingBytes += bodyBytes;
    if (state !== undefined) state.waitingBytes += bodyBytes;
    if (id !== undefined) log.inFlight.set(id, this.#settled.promise);
    const settle = () => {
      log.waiting -= 1;
      log.waitingBytes -= bodyBytes;
      if (state !== undefined) state.waitingBytes -= bodyBytes;
      if (id !== undefined) log.inFlight.delete(id);
    };
    this.#open++;
    this.queued.push({
      log,
      key,
      digest,
      packed,
      bodyBytes,
      via: via ?? null,
      grant: state === undefined || options.grant === undefined
        ? undefined
        : { state, at: options.grant.at, checkedAt: state.foreign },
      intro: isIntro ? { ...intro, body } : undefined,
      checkedAt: log.foreign,
      attempts: 0,
      answer: (answer) => {
        settle();
        this.answers[place] = answer;
        this.#close();
      },
      fail: (error) => {
        settle();
        this.answers[place] = { status: "failed", error };
        this.#close();
      },
    });
  }

  /** Once the last is answered, the call is. */
  #close(): void {
    this.#open--;
    if (this.#open === 0) this.#settled.resolve();
  }
}

/** An event that is new and fits. */
interface NewBody {
  readonly id: string | undefined;
  readonly key: Uint8Array | undefined;
  readonly body: Uint8Array;
  readonly intro?: Omit<NewIntro, "body">;
}

/** Strangers cannot take the last places: an owner that still has room is reached by its peers. */
export const idsFor = ({ intro }: AppendOptions, maxSlotIds: number): number =>
  intro === undefined ? maxSlotIds : Math.floor(maxSlotIds * 0.9);

export function duplicateOf(log: SlotLog, key: Uint8Array): Appended | undefined {
  const digest = log.ids.digestOf(key);
  const seq = log.ids.seqOf(key);
  return digest === undefined || seq === undefined
    ? undefined
    : { status: "duplicate", digest, seq };
}

export const isUsable = (state: GrantState | undefined): boolean =>
  state !== undefined && state.grant.revokedAt === null;

/** @param bytes that are to come, and those that are on their way */
export function grantFull({ grant }: GrantState, bytes: number): Appended | undefined {
  const { maxBytes } = grant.limits;
  if (grant.bytes + bytes <= maxBytes) return undefined;
  return { status: "grant_full", bytesUsed: grant.bytes, maxBytes };
}

/**
 * What came and was not accepted: one visible file per event in `state/wire/quarantine/`, bounded
 * in number, size and age, so that the cursor goes on and nothing is lost silently. Ids in here
 * never count as seen: the same event is accepted once its signer is pinned.
 * See docs/protocol/identity-and-events.md §13.4.
 */
import path from "node:path";
import type { Clock } from "../../platform/clock.ts";
import type { Files } from "../../platform/files.ts";
import { WireError } from "../../protocol/errors.ts";
import type { EpochMs } from "../../protocol/ids.ts";
import { compareCodePoints } from "../../protocol/json/print.ts";
import { mailPaths } from "./mail_paths.ts";
import {
  type Held,
  QUARANTINE_LIMITS,
  type QuarantineLimits,
  victims,
} from "./quarantine_bounds.ts";
import { parseRecord, printRecord, type QuarantineRecord } from "./quarantine_record.ts";

export interface QuarantineDependencies {
  readonly files: Files;
  readonly clock: Clock;
  readonly stateRoot: string;
  readonly limits?: QuarantineLimits;
}

export interface KeyedRecord {
  readonly key: string;
  readonly record: QuarantineRecord;
}

export interface QuarantineOutcome {
  /** Keys that were not known before. */
  readonly added: readonly string[];
  /** How many records, old or new, the bounds have cost. */
  readonly evicted: number;
}

/** A peer is pinned, or forgotten, while its records lie here. */
type Known = Omit<Held, "isStranger">;

const KEY_FILE = /^((?:bytes-)?[0-9a-f]{64})\.jsonl$/;
const EVICTED_FILE = "evicted.json";

export class Quarantine {
  readonly directory: string;
  readonly #files: Files;
  readonly #clock: Clock;
  readonly #limits: QuarantineLimits;
  #held: Map<string, Known> | undefined;

  constructor({ files, clock, stateRoot, limits }: QuarantineDependencies) {
    this.#files = files;
    this.#clock = clock;
    this.#limits = limits ?? QUARANTINE_LIMITS;
    this.directory = mailPaths(stateRoot).quarantine;
  }

  path(key: string): string {
    return path.join(this.directory, `${key}.jsonl`);
  }

  /** How many records there are, from the directory alone. */
  async count(): Promise<number> {
    return (await this.#keys()).length;
  }

  /** Records that could be read, as they came. A file that is none of ours is left alone. */
  async list(): Promise<KeyedRecord[]> {
    const records: KeyedRecord[] = [];
    for (const key of await this.#keys()) {
      const record = await this.#read(key);
      if (record !== undefined) records.push({ key, record });
    }
    return records.sort(byArrival);
  }

  /**
   * Keeps what is new, within the bounds. When this returns, each record is on the disk or was
   * counted as evicted in `evicted.json`.
   * @param isPinned whether a claimed sender is one of our peers, by DID
   * @throws {WireError} write_failed, and then the caller's cursor must stay
   */
  async put(
    records: readonly KeyedRecord[],
    isPinned: (did: string) => boolean,
  ): Promise<QuarantineOutcome> {
    const held = await this.#loaded();
    const fresh = new Map<string, { held: Known; text: string }>();
    for (const { key, record } of records) {
      if (held.has(key) || fresh.has(key)) continue;
      const text = printRecord(record);
      fresh.set(key, { held: heldOf(key, record, text.length), text });
    }
    const everything = [...held.values(), ...[...fresh.values()].map((entry) => entry.held)];
    const candidates = everything.map((one) => ({ ...one, isStranger: !isPinned(one.from) }));
    const gone = victims(candidates, this.#limits, this.#clock.now());
    if (fresh.size > 0) await this.#files.ensureDirectory(this.directory);
    await this.#countEvicted(gone.size);
    for (const key of gone) if (held.has(key)) await this.remove(key);
    for (const [key, { held: entry, text }] of fresh) {
      if (gone.has(key)) continue;
      await this.#files.writeAtomic(this.path(key), text, { point: "quarantine.put" });
      held.set(key, entry);
    }
    return { added: [...fresh.keys()], evicted: gone.size };
  }

  /** For an event that has been stored after all. */
  async remove(key: string): Promise<void> {
    await this.#files.remove(this.path(key), { point: "quarantine.remove" });
    this.#held?.delete(key);
  }

  /** How many records the bounds have cost since the home was made. */
  async evicted(): Promise<number> {
    const text = await this.#files.readText(path.join(this.directory, EVICTED_FILE));
    const count = Number(text?.match(/^\{"count":(\d{1,15}),/)?.[1]);
    return Number.isSafeInteger(count) ? count : 0;
  }

  async #countEvicted(more: number): Promise<void> {
    if (more === 0) return;
    const record = { count: await this.evicted() + more, last_at: this.#clock.timestamp() };
    const file = path.join(this.directory, EVICTED_FILE);
    await this.#files.writeAtomic(file, JSON.stringify(record), { point: "quarantine.evicted" });
  }

  async #keys(): Promise<string[]> {
    const names = await this.#files.list(this.directory);
    return names.flatMap((name) => name.match(KEY_FILE)?.[1] ?? []);
  }

  async #read(key: string): Promise<QuarantineRecord | undefined> {
    try {
      const text = await this.#files.readText(this.path(key));
      return text === undefined ? undefined : parseRecord(text);
    } catch (error) {
      // One damaged record must not stop the others; `count` still shows that it is there.
      if (error instanceof WireError && error.code === "unreadable") return undefined;
      throw error;
    }
  }

  /** What an operator dropped meanwhile is not held: if it comes again, it is kept again. */
  async #loaded(): Promise<Map<string, Known>> {
    if (this.#held !== undefined) {
      const there = new Set(await this.#keys());
      for (const key of this.#held.keys()) if (!there.has(key)) this.#held.delete(key);
      return this.#held;
    }
    const held = new Map<string, Known>();
    for (const { key, record } of await this.list()) {
      held.set(key, heldOf(key, record, printRecord(record).length));
    }
    this.#held = held;
    return held;
  }
}

/** Our own times: without its `Z` a shorter fraction sorts first. */
function byArrival({ record: a }: KeyedRecord, { record: b }: KeyedRecord): number {
  return compareCodePoints(a.first_seen.replace(/Z$/, ""), b.first_seen.replace(/Z$/, ""));
}

function heldOf(key: string, record: QuarantineRecord, bytes: number): Known {
  const { transient, from, first_seen } = record;
  return { key, bytes, transient, from, firstSeen: epochMs(first_seen) };
}

/** A record whose time cannot be read counts as the oldest. */
function epochMs(timestamp: string): EpochMs {
  try {
    return Temporal.Instant.from(timestamp).epochMilliseconds;
  } catch {
    return 0;
  }
}

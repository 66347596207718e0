/**
 * Documents that several relays share, in Deno KV.
 *
 *     ["pairing", kind, name, chunk]      UTF-8 of the JSON `{"expires_at":…,"value":…}`, in chunks
 *
 * Ceilings are those of one relay: it counts what it has written itself, until that expires.
 */
import { z } from "zod";
import type { Clock } from "../../platform/clock.ts";
import { WireError } from "../../protocol/errors.ts";
import { joinBytes } from "../../protocol/bytes.ts";
import { damaged } from "../slots/packing.ts";
import { PAIRING_SHARD, wake } from "../slots/wake.ts";
import { writing } from "../slots/writing.ts";
import { Ceiling } from "./ceiling.ts";
import type { Decision, DocumentLimits, Documents, Kind, Write } from "./documents.ts";
import { Watchers } from "./watchers.ts";

export interface KvDocumentsOptions extends DocumentLimits {
  /** Open; closed by the store of the slots. */
  readonly kv: Deno.Kv;
  readonly clock: Clock;
}

const CHUNK_BYTES = 60 * 1024;
/** A document and the wake stay below KV's limit of 800 KiB a commit. */
const MAX_CHUNKS = 9;
/** Reading keeps a document alive, but is not written down more often: it may live so much longer. */
const RENEW_MS = 30_000;
/** The store's own clean-up comes behind ours. */
const MARGIN_MS = 2 * RENEW_MS;
const COUNT_FRESH_MS = 10_000;
const MAX_ROUNDS = 100;

interface Row {
  readonly value: unknown;
  readonly expiresAt: number;
  readonly chunks: number;
  readonly versionstamp: string;
}

export class KvDocuments implements Documents {
  readonly #kv: Deno.Kv;
  readonly #clock: Clock;
  readonly #ceiling: Ceiling;
  readonly #watchers = new Watchers();
  readonly #counts = new Map<string, { readonly count: number; readonly at: number }>();

  constructor(options: KvDocumentsOptions) {
    this.#kv = options.kv;
    this.#clock = options.clock;
    this.#ceiling = new Ceiling(options);
  }

  now(): number {
    return this.#clock.now();
  }

  async get<T>(kind: Kind<T>, name: string): Promise<T | undefined> {
    return this.#live(kind, (await this.#read(kind, name))?.row);
  }

  async update<T, A>(
    kind: Kind<T>,
    name: string,
    decide: (before: T | undefined) => Decision<T, A>,
  ): Promise<A | "full"> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const { row, check } = await this.#read(kind, name);
      const before = this.#live(kind, row);
      const { answer, write } = decide(before);
      if (write === undefined) return answer;
      if (write === "forget" && row === undefined) return answer;
      if (write !== "forget" && row !== undefined && this.#isSame(row, write)) return answer;
      const written = await this.#write(kind, name, { row, check, write });
      if (written === "full") return "full";
      if (written === "lost") continue;
      this.#watchers.changed(keyOf(kind, name));
      return answer;
    }
    throw new WireError("write_failed", "Cannot store the pairing: others keep changing it");
  }

  async count(kind: Kind<unknown>, limit: number): Promise<number> {
    const known = this.#counts.get(kind.name);
    const now = this.#clock.monotonic();
    if (known !== undefined && now - known.at < COUNT_FRESH_MS) return Math.min(limit, known.count);
    let count = 0;
    for await (const _ of this.#kv.list({ prefix: ["pairing", kind.name] }, { limit })) count += 1;
    this.#counts.set(kind.name, { count, at: now });
    return count;
  }

  watch(kind: Kind<unknown>, name: string, onChange: () => void): () => void {
    return this.#watchers.add(keyOf(kind, name), onChange);
  }

  /** Another relay has changed something. */
  woken(): void {
    this.#watchers.anyChanged();
  }

  /** Rows go by themselves. */
  sweep(): void {
    this.#ceiling.sweep(this.now());
  }

  #live<T>(kind: Kind<T>, row: Row | undefined): T | undefined {
    if (row === undefined || this.now() > row.expiresAt) return undefined;
    const read = kind.schema.safeParse(row.value);
    if (!read.success) throw damaged(`the record of a pairing's ${kind.name} is not one`);
    return read.data;
  }

  #isSame(row: Row, { value, lifeMs }: Write<unknown>): boolean {
    const isFresh = row.expiresAt - this.now() > lifeMs;
    return isFresh && JSON.stringify(row.value) === JSON.stringify(value);
  }

  async #read(kind: Kind<unknown>, name: string): Promise<Found> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const first = await this.#kv.get(chunkKey(kind, name, 0));
      if (first.versionstamp === null) return { row: undefined, check: first };
      const chunks = [bytesOf(first.value)];
      const more = chunks[0]?.at(0) ?? 0;
      if (more > 0) {
        const keys = Array.from({ length: more }, (_, i) => chunkKey(kind, name, i + 1));
        const others = await this.#kv.getMany(keys);
        if (others.some(({ versionstamp }) => versionstamp !== first.versionstamp)) continue;
        chunks.push(...others.map(({ value }) => bytesOf(value)));
      }
      const text = new TextDecoder().decode(joinBytes(chunks).subarray(1));
      const { expires_at, value } = Envelope.parse(JSON.parse(text));
      const { versionstamp } = first;
      return {
        row: { value, expiresAt: expires_at, chunks: more + 1, versionstamp },
        check: first,
      };
    }
    throw damaged("a part of a pairing is missing");
  }

  async #write(
    kind: Kind<unknown>,
    name: string,
    { row, check, write }: Found & { readonly write: Write<unknown> | "forget" },
  ): Promise<"written" | "lost" | "full"> {
    const key = keyOf(kind, name);
    const operation = wake(this.#kv.atomic().check(check), PAIRING_SHARD);
    let chunks = 0;
    if (write === "forget") this.#ceiling.drop(key);
    else {
      const { value, lifeMs, bytes } = write;
      const expiresAt = this.now() + lifeMs + RENEW_MS;
      const text = new TextEncoder().encode(JSON.stringify({ expires_at: expiresAt, value }));
      chunks = Math.ceil((text.length + 1) / CHUNK_BYTES);
      const share = { isCounted: kind.isCounted, bytes, expiresAt };
      if (chunks > MAX_CHUNKS || !this.#hasRoom(key, share)) return "full";
      const whole = joinBytes([Uint8Array.of(chunks - 1), text]);
      for (let i = 0; i < chunks; i++) {
        const chunk = whole.slice(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES);
        operation.set(chunkKey(kind, name, i), chunk, { expireIn: lifeMs + MARGIN_MS });
      }
    }
    for (let i = chunks; i < (row?.chunks ?? 0); i++) operation.delete(chunkKey(kind, name, i));
    return (await writing("the pairing", () => operation.commit())).ok ? "written" : "lost";
  }

  #hasRoom(key: string, share: Parameters<Ceiling["admit"]>[1]): boolean {
    if (this.#ceiling.admit(key, share)) return true;
    this.sweep();
    return this.#ceiling.admit(key, share);
  }
}

interface Found {
  readonly row: Row | undefined;
  readonly check: Deno.AtomicCheck;
}

const Envelope = z.object({ expires_at: z.number(), value: z.unknown() });

const chunkKey = (kind: Kind<unknown>, name: string, chunk: number): Deno.KvKey => [
  "pairing",
  kind.name,
  name,
  chunk,
];

const keyOf = (kind: Kind<unknown>, name: string): string => `${kind.name} ${name}`;

function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw damaged("a pairing is no bytes");
}

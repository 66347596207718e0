/** Documents of one process; lost at its end, as the reference's. */
import type { Clock } from "../../platform/clock.ts";
import { Ceiling } from "./ceiling.ts";
import type { Decision, DocumentLimits, Documents, Kind } from "./documents.ts";
import { Watchers } from "./watchers.ts";

interface Stored {
  readonly kind: string;
  /** JSON: whoever reads it gets a value of its own. */
  readonly text: string;
  readonly expiresAt: number;
}

export interface MemoryDocumentsOptions extends DocumentLimits {
  readonly clock: Clock;
}

export class MemoryDocuments implements Documents {
  readonly #clock: Clock;
  readonly #stored = new Map<string, Stored>();
  readonly #counts = new Map<string, number>();
  readonly #ceiling: Ceiling;
  readonly #watchers = new Watchers();

  constructor(options: MemoryDocumentsOptions) {
    this.#clock = options.clock;
    this.#ceiling = new Ceiling(options);
  }

  now(): number {
    return this.#clock.monotonic();
  }

  get<T>(kind: Kind<T>, name: string): Promise<T | undefined> {
    return Promise.resolve(this.#read(kind, keyOf(kind, name)));
  }

  update<T, A>(
    kind: Kind<T>,
    name: string,
    decide: (before: T | undefined) => Decision<T, A>,
  ): Promise<A | "full"> {
    const key = keyOf(kind, name);
    const { answer, write } = decide(this.#read(kind, key));
    if (write === undefined) return Promise.resolve(answer);
    if (write === "forget") this.#drop(key);
    else {
      const expiresAt = this.now() + write.lifeMs;
      const share = { isCounted: kind.isCounted, bytes: write.bytes, expiresAt };
      if (!this.#ceiling.admit(key, share)) {
        this.sweep();
        if (!this.#ceiling.admit(key, share)) return Promise.resolve("full");
      }
      this.#keep(key, { kind: kind.name, text: JSON.stringify(write.value), expiresAt });
    }
    this.#watchers.changed(key);
    return Promise.resolve(answer);
  }

  count(kind: Kind<unknown>, limit: number): Promise<number> {
    return Promise.resolve(Math.min(limit, this.#counts.get(kind.name) ?? 0));
  }

  watch(kind: Kind<unknown>, name: string, onChange: () => void): () => void {
    return this.#watchers.add(keyOf(kind, name), onChange);
  }

  sweep(): void {
    const now = this.now();
    for (const [key, { expiresAt }] of this.#stored) if (now > expiresAt) this.#drop(key);
  }

  #read<T>(kind: Kind<T>, key: string): T | undefined {
    const stored = this.#stored.get(key);
    if (stored === undefined || this.now() > stored.expiresAt) return undefined;
    return kind.schema.parse(JSON.parse(stored.text));
  }

  #keep(key: string, stored: Stored): void {
    if (!this.#stored.has(key)) this.#recount(stored.kind, 1);
    this.#stored.set(key, stored);
  }

  #drop(key: string): void {
    const stored = this.#stored.get(key);
    if (stored === undefined) return;
    this.#stored.delete(key);
    this.#recount(stored.kind, -1);
    this.#ceiling.drop(key);
    this.#watchers.changed(key);
  }

  #recount(kind: string, change: number): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + change);
  }
}

const keyOf = (kind: Kind<unknown>, name: string): string => `${kind.name} ${name}`;

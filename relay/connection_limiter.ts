/**
 * Room for connections, shared fairly: a ceiling per source, and when the relay is full a newcomer
 * takes the place of the youngest connection of whoever holds most. So a flood from a few sources
 * neither keeps others out nor touches connections that were there before it.
 */

export interface ConnectionLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerSource: number;
}

/** One connection, as long as it holds its place. */
export interface Holder {
  /** Ends it, to make room; it is counted out at once. */
  cut(): void;
}

export class ConnectionLimiter {
  readonly #limits: ConnectionLimits;
  readonly #sources = new Map<string, Set<Holder>>();
  /** Sources by how many connections each holds, so that the largest is found at once. */
  readonly #byCount = new Map<number, Set<string>>();
  #most = 0;
  #size = 0;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#size;
  }

  /**
   * @param source undefined where connections do not say whose they are, as behind a proxy: such
   * share the room, but have no ceiling of their own and give way to nobody
   * @returns false if there is no room for it
   */
  enter(source: string | undefined, holder: Holder): boolean {
    const { maxConnections, maxConnectionsPerSource } = this.#limits;
    if (source === undefined) {
      if (this.#size >= maxConnections) return false;
      this.#size++;
      return true;
    }
    const held = this.#sources.get(source)?.size ?? 0;
    if (held >= maxConnectionsPerSource) return false;
    if (this.#size >= maxConnections && !this.#makeRoom(held)) return false;
    const holders = this.#sources.get(source) ?? new Set();
    this.#sources.set(source, holders.add(holder));
    this.#moved(source, held, held + 1);
    this.#size++;
    return true;
  }

  leave(source: string | undefined, holder: Holder): void {
    if (source === undefined) {
      this.#size--;
      return;
    }
    const holders = this.#sources.get(source);
    if (holders?.delete(holder) !== true) return;
    this.#size--;
    this.#moved(source, holders.size + 1, holders.size);
    if (holders.size === 0) this.#sources.delete(source);
  }

  /** @param held by the source that asks: it takes nothing from those who hold no more than it */
  #makeRoom(held: number): boolean {
    if (this.#most <= held + 1) return false;
    const [largest] = this.#byCount.get(this.#most) ?? [];
    if (largest === undefined) return false;
    const youngest = [...this.#sources.get(largest) ?? []].at(-1);
    if (youngest === undefined) return false;
    this.leave(largest, youngest);
    youngest.cut();
    return true;
  }

  #moved(source: string, from: number, to: number): void {
    const before = this.#byCount.get(from);
    before?.delete(source);
    if (before?.size === 0) this.#byCount.delete(from);
    if (to > 0) {
      const after = this.#byCount.get(to) ?? new Set();
      this.#byCount.set(to, after.add(source));
    }
    if (to > this.#most) this.#most = to;
    else if (from === this.#most && !this.#byCount.has(from)) this.#most = to;
  }
}

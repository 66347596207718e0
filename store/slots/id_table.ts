/**
 * The ids of one slot with the digests and positions of their events: 52 bytes an id and its share
 * of a hash index, in three flat arrays, so that a full mailbox costs megabytes, not gigabytes.
 */
import { DIGEST_BYTES, KEY_BYTES } from "./event_key.ts";

const ROW_BYTES = KEY_BYTES + DIGEST_BYTES;
const FIRST_ROWS = 16;

export class IdTable {
  #rows = new Uint8Array(FIRST_ROWS * ROW_BYTES);
  #seqs = new Uint32Array(FIRST_ROWS);
  /** Row number + 1, or 0; open addressing, a power of two, at most half full. */
  #index = new Uint32Array(FIRST_ROWS * 2);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /**
   * @param key 32 bytes, not in the table yet
   * @param digest 16 bytes
   */
  add(key: Uint8Array, digest: Uint8Array, seq: number): void {
    if (this.#size === this.#seqs.length) this.#grow();
    const row = this.#size++;
    this.#rows.set(key, row * ROW_BYTES);
    this.#rows.set(digest, row * ROW_BYTES + KEY_BYTES);
    this.#seqs[row] = seq;
    this.#enter(row);
  }

  /** @returns the event's place in the slot, or undefined */
  seqOf(key: Uint8Array): number | undefined {
    const row = this.#rowOf(key);
    return row === undefined ? undefined : this.#seqs[row];
  }

  /** @returns 32 hex digits, or undefined */
  digestOf(key: Uint8Array): string | undefined {
    const row = this.#rowOf(key);
    if (row === undefined) return undefined;
    const start = row * ROW_BYTES + KEY_BYTES;
    return this.#rows.subarray(start, start + DIGEST_BYTES).toHex();
  }

  #rowOf(key: Uint8Array): number | undefined {
    const mask = this.#index.length - 1;
    for (let at = bucketOf(key, 0) & mask;; at = (at + 1) & mask) {
      const entry = this.#index[at] ?? 0;
      if (entry === 0) return undefined;
      if (this.#isAt(entry - 1, key)) return entry - 1;
    }
  }

  #isAt(row: number, key: Uint8Array): boolean {
    const start = row * ROW_BYTES;
    for (let i = 0; i < KEY_BYTES; i++) {
      if (this.#rows[start + i] !== key[i]) return false;
    }
    return true;
  }

  #enter(row: number): void {
    const mask = this.#index.length - 1;
    let at = bucketOf(this.#rows, row * ROW_BYTES) & mask;
    while (this.#index[at] !== 0) at = (at + 1) & mask;
    this.#index[at] = row + 1;
  }

  #grow(): void {
    const capacity = this.#seqs.length * 2;
    const rows = new Uint8Array(capacity * ROW_BYTES);
    rows.set(this.#rows);
    this.#rows = rows;
    const seqs = new Uint32Array(capacity);
    seqs.set(this.#seqs);
    this.#seqs = seqs;
    this.#index = new Uint32Array(capacity * 2);
    for (let row = 0; row < this.#size; row++) this.#enter(row);
  }
}

/** Keys are hashes already: four of their bytes spread well enough. */
function bucketOf(bytes: Uint8Array, start: number): number {
  return (((bytes[start] ?? 0) << 24) | ((bytes[start + 1] ?? 0) << 16) |
    ((bytes[start + 2] ?? 0) << 8) | (bytes[start + 3] ?? 0)) >>> 0;
}

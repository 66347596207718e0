/**
 * Mail in the order in which it came while we run, so that nobody who waits misses a message whose
 * sender's clock is slow. Bounded; older mail is in the inbox. Pure.
 */
import type { InboxItem } from "../client/sync/inbox_watcher.ts";
import type { Random } from "../platform/random.ts";

const MAX_CHARACTERS = 8 * 1024 * 1024;
const MAX_ITEMS = 10_000;
const NONCE_BYTES = 4;

export class Arrivals {
  readonly #random: Random;
  /** Drawn when somebody first asks for a position. */
  #drawn: string | undefined;
  readonly #items: InboxItem[] = [];
  /** How many came before the first of `#items`. */
  #before = 0;
  #characters = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  get #nonce(): string {
    return this.#drawn ??= this.#random.bytes(NONCE_BYTES).toHex();
  }

  add(items: readonly InboxItem[]): void {
    for (const item of items) {
      this.#items.push(item);
      this.#characters += item.event.text.length;
    }
    while (this.#items.length > MAX_ITEMS || this.#characters > MAX_CHARACTERS) {
      this.#characters -= this.#items.shift()?.event.text.length ?? this.#characters;
      this.#before++;
    }
  }

  /** Behind everything that came so far: means nothing to another process. */
  get position(): string {
    return `@${this.#nonce}-${this.#before + this.#items.length}`;
  }

  /**
   * @param since a position, or the id of a message
   * @returns what came after it, or undefined if that is not known here (any more)
   */
  after(since: string): readonly InboxItem[] | undefined {
    const [, nonce, count] = since.match(/^@([0-9a-f]+)-(\d+)$/) ?? [];
    const index = nonce === this.#nonce
      ? Number(count) - this.#before
      : this.#items.findIndex(({ event }) => event.id === since) + 1 || undefined;
    if (index === undefined || index < 0 || index > this.#items.length) return undefined;
    return this.#items.slice(index);
  }
}

/** Making one page of the phonebook from entries that come by nick. */
import type { ListedHandle, PhonebookPage, PhonebookRequest } from "./directory.ts";
import { hasVibe } from "./listing.ts";

/** Entries looked at for one page: a filter that nobody matches must not read the whole directory. */
const MAX_LOOKED_AT = 2_000;
export const MAX_NICK = 32;
/** Bytes of profiles on one page; never stops before its first entry. */
const MAX_PAGE_BYTES = 2 * 1024 * 1024;

export class PhonebookReader {
  readonly #handles: ListedHandle[] = [];
  #lookedAt = 0;
  #bytes = 0;
  #next: string | undefined;

  /** No nick is longer than this is, so what follows its end decides nothing. */
  readonly start: string | undefined;

  constructor(readonly request: PhonebookRequest) {
    const { after } = request;
    this.start = after === undefined ? undefined : [...after].slice(0, MAX_NICK + 1).join("");
  }

  /** How many entries to read at a time. */
  get batch(): number {
    return this.request.vibe === undefined ? Math.min(this.request.limit + 2, 500) : 500;
  }

  /**
   * @param bytes of the entry's profile as text
   * @returns false once the page is made
   */
  take(entry: ListedHandle, bytes: number): boolean {
    const { limit, vibe } = this.request;
    const fits = vibe === undefined || hasVibe(entry.listing, vibe);
    if (fits && (this.#handles.length >= limit || this.#isTooMuch(bytes))) {
      this.#next = this.#handles.at(-1)?.nick;
      return false;
    }
    if (fits) {
      this.#handles.push(entry);
      this.#bytes += bytes;
    }
    this.#lookedAt += 1;
    // Every entry is one that anybody may see, so its nick may be told as a place to go on from.
    this.#next = this.#lookedAt >= MAX_LOOKED_AT ? entry.nick : undefined;
    return this.#next === undefined;
  }

  page(): PhonebookPage {
    return { handles: this.#handles, next: this.#next };
  }

  #isTooMuch(bytes: number): boolean {
    return this.#handles.length > 0 && this.#bytes + bytes > MAX_PAGE_BYTES;
  }
}

/** The bounds on what strangers may leave: how many documents, and how many bytes of them. */
import type { DocumentLimits } from "./documents.ts";

interface Share {
  readonly isCounted: boolean;
  readonly bytes: number;
  readonly expiresAt: number;
}

export class Ceiling {
  readonly #shares = new Map<string, Share>();
  #documents = 0;
  #bytes = 0;

  constructor(readonly limits: DocumentLimits) {}

  /** @returns false if there is no room; what was there before stays counted then */
  admit(key: string, share: Share): boolean {
    const before = this.#shares.get(key);
    const more = share.bytes - (before?.bytes ?? 0);
    const isNew = before === undefined && share.isCounted;
    if (isNew && this.#documents >= this.limits.maxDocuments) return false;
    if (more > 0 && this.#bytes + more > this.limits.maxBytes) return false;
    this.drop(key);
    this.#shares.set(key, share);
    this.#bytes += share.bytes;
    if (share.isCounted) this.#documents += 1;
    return true;
  }

  drop(key: string): void {
    const share = this.#shares.get(key);
    if (share === undefined) return;
    this.#shares.delete(key);
    this.#bytes -= share.bytes;
    if (share.isCounted) this.#documents -= 1;
  }

  /** Gives back what has expired. */
  sweep(now: number): void {
    for (const [key, { expiresAt }] of this.#shares) if (now > expiresAt) this.drop(key);
  }
}

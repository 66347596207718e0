/**
 * Who reads a mailbox of ours at this moment: one reader at a time, so that no page is taken twice
 * and no cursor goes back.
 */
import { unlessAborted } from "./unless_aborted.ts";
import type { RelayUrl, SlotId } from "../../protocol/ids.ts";

export interface MailboxPlace {
  readonly relayUrl: RelayUrl;
  readonly slotId: SlotId;
}

export const mailboxKey = ({ relayUrl, slotId }: MailboxPlace): string => `${relayUrl} ${slotId}`;

export class MailboxTurns {
  readonly #held = new Map<string, Promise<void>>();
  /** Those whose reader has everything that was there, and gets what comes. */
  readonly #live = new Set<string>();
  /** Relays that must not be read from before the operator has decided. */
  readonly #barred = new Map<RelayUrl, unknown>();

  /** Waits until nobody else reads it. @throws the signal's reason */
  async take(place: MailboxPlace, signal: AbortSignal): Promise<Disposable> {
    const key = mailboxKey(place);
    for (let held = this.#held.get(key); held !== undefined; held = this.#held.get(key)) {
      await unlessAborted(held, signal);
    }
    return this.#hold(key);
  }

  /**
   * @returns undefined while somebody else reads it
   * @throws why it must not be read, if so
   */
  tryTake(place: MailboxPlace): Disposable | undefined {
    if (this.#barred.has(place.relayUrl)) throw this.#barred.get(place.relayUrl);
    const key = mailboxKey(place);
    return this.#held.has(key) ? undefined : this.#hold(key);
  }

  /** Its reader has reached the end, and stays there until it gives the turn back. */
  becomeLive(place: MailboxPlace): void {
    const key = mailboxKey(place);
    if (this.#held.has(key)) this.#live.add(key);
  }

  isLive(place: MailboxPlace): boolean {
    return this.#live.has(mailboxKey(place));
  }

  /** @param error what everybody is told who would read from there; undefined lifts it */
  bar(relayUrl: RelayUrl, error: unknown): void {
    if (error === undefined) this.#barred.delete(relayUrl);
    else this.#barred.set(relayUrl, error);
  }

  #hold(key: string): Disposable {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held.set(key, promise);
    return {
      [Symbol.dispose]: () => {
        if (this.#held.get(key) === promise) {
          this.#held.delete(key);
          this.#live.delete(key);
        }
        resolve();
      },
    };
  }
}

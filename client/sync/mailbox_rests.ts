/**
 * Mailboxes that are left alone for a while after they failed. One whose relay gave no answer is tried
 * at once when we are connected to that relay again. See docs/protocol/extensions.md §9.
 */
import { mailboxKey, type MailboxPlace } from "./mailbox_turns.ts";
import { type Rest, Rests, type RestsDependencies } from "./rests.ts";

export class MailboxRests {
  readonly #clock: RestsDependencies["clock"];
  readonly #rests: Rests<string>;
  /** When the relay gave no answer, on the monotonic clock, ms. */
  readonly #away = new Map<string, number>();

  constructor(deps: RestsDependencies) {
    this.#clock = deps.clock;
    this.#rests = new Rests(deps);
  }

  /** `<relay> <slot>` of each. */
  all(): readonly Rest<string>[] {
    return this.#rests.all();
  }

  /** @returns why it is left alone now, and until when; undefined when it may be tried */
  why(place: MailboxPlace): string | undefined {
    return this.#rests.why(mailboxKey(place));
  }

  /** Its relay has answered, and not taken anything. */
  refused(place: MailboxPlace, reason: string): void {
    this.#rests.begin(mailboxKey(place), reason);
  }

  /** Its relay did not answer. */
  silent(place: MailboxPlace, reason: string): void {
    this.#rests.begin(mailboxKey(place), reason);
    this.#away.set(mailboxKey(place), this.#clock.monotonic());
  }

  /** It works. */
  end(place: MailboxPlace): void {
    this.#rests.end(mailboxKey(place));
    this.#away.delete(mailboxKey(place));
  }

  /** @param since when we connected to its relay, on the monotonic clock; undefined: we are not */
  connected(place: MailboxPlace, since: number | undefined): void {
    const away = this.#away.get(mailboxKey(place));
    if (away !== undefined && since !== undefined && since > away) this.end(place);
  }
}

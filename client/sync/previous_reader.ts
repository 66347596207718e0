/**
 * Reads the mailboxes that we moved out of, as long as peers may still post there, and goes on
 * telling those who could not be told. The caller holds the home's daemon.lock.
 * See docs/protocol/identity-and-events.md §23.
 */
import type { EpochMs } from "../../protocol/ids.ts";
import type { Identity } from "../../store/home/identity.ts";
import {
  type PreviousMailbox,
  previousMailboxes,
  READ_PREVIOUS_MS,
  withoutPrevious,
  withPreviousCursor,
} from "../../store/home/previous_mailboxes.ts";
import { announceMove } from "../announce_move.ts";
import type { ClientContext } from "../context.ts";
import { isEverybodyAcross, isOwned, isRetired, isTakenBack } from "../grants/close_mailbox.ts";
import { RelayStatusError } from "../relay/status_error.ts";
import { MAX_PAGE_EVENTS } from "../relay_client.ts";
import { lastUsableId } from "./cursors.ts";
import { takeNotices } from "./notices.ts";
import { isOutside } from "./outside_error.ts";
import type { PullTally } from "./pull_report.ts";
import type { Receiver } from "./receiver.ts";

/** An old relay that is gone must not hold up a pull. */
const READ_MS = 10_000;
/** Whoever moved is telling them at this moment. */
const ANNOUNCE_AFTER_MS = 30_000;
const FIRST_WAIT_MS = 60_000;
const LONGEST_WAIT_MS = 3_600_000;
const MOST_PAGES = 100;

/** The relay closed the mailbox. Anything else may be a proxy's answer, or pass. */
const GONE = 410;

interface Settling {
  /** To its end, in this round. */
  readonly isRead: boolean;
  readonly tally: () => PullTally;
  readonly signal: AbortSignal;
}

export class PreviousReader {
  readonly #context: ClientContext;
  readonly #identity: Identity;
  readonly #receiver: Receiver;
  /** On the monotonic clock, ms. */
  #announcedAt = -Infinity;
  #waitMs = FIRST_WAIT_MS;
  #settledAt = -Infinity;

  constructor(context: ClientContext, identity: Identity, receiver: Receiver) {
    this.#context = context;
    this.#identity = identity;
    this.#receiver = receiver;
  }

  /**
   * @param tally where what happened is counted at that moment
   * @throws {WireError} unreadable, locked, write_failed: nothing was passed over
   */
  async round(tally: () => PullTally, signal: AbortSignal): Promise<void> {
    const { home, platform: { clock } } = this.#context;
    const mailboxes = previousMailboxes(await home.readRelayState());
    if (mailboxes.length === 0) return;
    const maySettle = clock.monotonic() - this.#settledAt >= LONGEST_WAIT_MS;
    for (const mailbox of mailboxes) {
      const isRead = await this.#read(mailbox, tally, signal);
      if (!maySettle || !isOver(mailbox, clock.now())) continue;
      this.#settledAt = clock.monotonic();
      await this.#settle(mailbox, { isRead, tally, signal });
    }
    if (mailboxes.some((mailbox) => this.#mayTell(mailbox, clock.now()))) await this.#tell(signal);
  }

  /** Gives the mailbox up, once nothing can be lost by it; for ever where it is ours alone. */
  async #settle(mailbox: PreviousMailbox, { isRead, tally, signal }: Settling): Promise<void> {
    if (!await isEverybodyAcross(this.#context, mailbox)) return;
    if (await isOwned(this.#context, mailbox)) {
      if (!isRead || !await isTakenBack(this.#context, mailbox)) return;
      // What is read now is all that there will ever be.
      if (!await this.#read(mailbox, tally, signal)) return;
      if (!await isRetired(this.#context, mailbox)) return;
    }
    await this.#forget(mailbox);
    const { slotId, relayUrl } = mailbox;
    this.#context.warn(`the old mailbox ${slotId} on ${relayUrl} is read no more`);
  }

  /** @returns whether it was read to its end */
  async #read(
    mailbox: PreviousMailbox,
    tally: () => PullTally,
    signal: AbortSignal,
  ): Promise<boolean> {
    const until = AbortSignal.any([signal, this.#context.platform.clock.timeout(READ_MS)]);
    try {
      return await this.#readToEnd(mailbox, tally, until);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof RelayStatusError && error.status === GONE) {
        await this.#forget(mailbox);
      } else if (!isOutside(error)) throw error;
      // A relay that is left behind may be silent: it is asked again in the next round.
      return false;
    }
  }

  async #readToEnd(
    { relayUrl, slotId, slotToken, cursor }: PreviousMailbox,
    tally: () => PullTally,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { home } = this.#context;
    const relay = this.#context.relay(relayUrl);
    let since = cursor;
    for (let pages = 0; pages < MOST_PAGES; pages++) {
      const page = { since, limit: MAX_PAGE_EVENTS, signal };
      const items = await relay.listEvents(slotId, slotToken, page);
      if (items.length === 0) return true;
      const intact = await this.#receiver.take(items, tally());
      await takeNotices(this.#context, this.#identity, items);
      const last = intact ?? (items.length < MAX_PAGE_EVENTS ? undefined : lastUsableId(items));
      if (last === undefined || last === since) return false;
      await home.updateRelayState(
        "wire daemon, cursor",
        (state) => withPreviousCursor(state, slotId, last),
      );
      since = last;
    }
    return false;
  }

  async #forget({ slotId }: PreviousMailbox): Promise<void> {
    const { home } = this.#context;
    await home.updateRelayState("wire daemon", (state) => withoutPrevious(state, slotId));
  }

  #mayTell({ untold, movedAtMs }: PreviousMailbox, now: EpochMs): boolean {
    const sinceLast = this.#context.platform.clock.monotonic() - this.#announcedAt;
    return untold.length > 0 && sinceLast >= this.#waitMs &&
      (movedAtMs === undefined || now - movedAtMs >= ANNOUNCE_AFTER_MS);
  }

  async #tell(signal: AbortSignal): Promise<void> {
    this.#announcedAt = this.#context.platform.clock.monotonic();
    const { told, failed } = await announceMove(this.#context, this.#identity, signal);
    this.#waitMs = failed.length === 0
      ? FIRST_WAIT_MS
      : Math.min(this.#waitMs * 2, LONGEST_WAIT_MS);
    for (const handle of told) this.#context.warn(`told ${handle} of the new mailbox`);
  }
}

const isOver = ({ movedAtMs }: PreviousMailbox, now: EpochMs): boolean =>
  movedAtMs !== undefined && now - movedAtMs >= READ_PREVIOUS_MS;

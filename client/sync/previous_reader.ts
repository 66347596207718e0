/**
 * Reads the mailboxes that we moved out of, as long as somebody may still post there, and goes on
 * telling those who could not be told, and claiming the nicks that still name them. The caller holds the home's daemon.lock.
 * See docs/protocol/identity-and-events.md §23.
 */
import type { EpochMs } from "../../protocol/ids.ts";
import { readClaimedNicks } from "../../store/home/claimed_nicks.ts";
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
import {
  forgetGrants,
  isEverybodyAcross,
  isOwned,
  isRetired,
  isTakenBack,
} from "../grants/close_mailbox.ts";
import { RelayStatusError } from "../relay/status_error.ts";
import { MAX_PAGE_EVENTS } from "../relay_client.ts";
import { lastUsableId } from "./cursors.ts";
import { type FollowUp, markOf } from "./follow_up.ts";
import { isNamed, nicksDue, reclaimNicks } from "../nicks/reclaim.ts";
import { isOutside } from "./outside_error.ts";
import type { PullTally } from "./pull_report.ts";
import type { Receiver } from "./receiver.ts";

/** An old relay that is gone must not hold up a pull. */
const READ_MS = 10_000;
/** Whoever moved is at it at this moment. */
const CATCH_UP_AFTER_MS = 30_000;
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
  readonly #followUp: FollowUp;
  /** On the monotonic clock, ms. */
  #caughtUpAt = -Infinity;
  #waitMs = FIRST_WAIT_MS;
  #settledAt = -Infinity;

  constructor(
    context: ClientContext,
    identity: Identity,
    { receiver, followUp }: { readonly receiver: Receiver; readonly followUp: FollowUp },
  ) {
    this.#context = context;
    this.#identity = identity;
    this.#receiver = receiver;
    this.#followUp = followUp;
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
    if (await this.#mayCatchUp(mailboxes)) await this.#catchUp(signal);
  }

  /** Gives the mailbox up, once nothing can be lost by it; for ever where it is ours alone. */
  async #settle(mailbox: PreviousMailbox, { isRead, tally, signal }: Settling): Promise<void> {
    if (await isNamed(this.#context, mailbox)) return;
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
        // Without it nobody would remember that a nick has still to be claimed again.
        if (await this.#hasNicksDue()) return false;
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
      const counted = tally();
      const before = markOf(counted);
      const intact = await this.#receiver.take(items, counted);
      await this.#followUp.take({ items, tally: counted, before });
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

  async #forget(mailbox: PreviousMailbox): Promise<void> {
    const { home } = this.#context;
    await forgetGrants(this.#context, mailbox);
    const { slotId } = mailbox;
    await home.updateRelayState("wire daemon", (state) => withoutPrevious(state, slotId));
  }

  async #mayCatchUp(mailboxes: readonly PreviousMailbox[]): Promise<boolean> {
    const { clock } = this.#context.platform;
    if (clock.monotonic() - this.#caughtUpAt < this.#waitMs) return false;
    const left = mailboxes.filter(({ movedAtMs }) =>
      movedAtMs === undefined || clock.now() - movedAtMs >= CATCH_UP_AFTER_MS
    );
    if (left.some(({ untold }) => untold.length > 0)) return true;
    return left.length === mailboxes.length && await this.#hasNicksDue();
  }

  async #hasNicksDue(): Promise<boolean> {
    const { home } = this.#context;
    return nicksDue(await home.readRelayState(), await readClaimedNicks(home)).length > 0;
  }

  /** What whoever moved could not do: the nicks first, so that nobody finds the old mailbox. */
  async #catchUp(signal: AbortSignal): Promise<void> {
    this.#caughtUpAt = this.#context.platform.clock.monotonic();
    const { claimed, waiting } = await reclaimNicks(this.#context, this.#identity, signal);
    for (const address of claimed) this.#context.warn(`${address} names the new mailbox`);
    const { told, failed } = await announceMove(this.#context, this.#identity, signal);
    for (const handle of told) this.#context.warn(`told ${handle} of the new mailbox`);
    this.#waitMs = failed.length + waiting.length === 0
      ? FIRST_WAIT_MS
      : Math.min(this.#waitMs * 2, LONGEST_WAIT_MS);
  }
}

const isOver = ({ movedAtMs }: PreviousMailbox, now: EpochMs): boolean =>
  movedAtMs !== undefined && now - movedAtMs >= READ_PREVIOUS_MS;

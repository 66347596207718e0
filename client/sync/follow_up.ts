/**
 * What follows when a page is on the disk, and before the cursor moves: notices of peers, what they
 * say of our messages, and what they are to be told of theirs. Safe to repeat.
 */
import type { Json } from "../../protocol/json/value.ts";
import { HearingHome } from "../../store/home/hearing_home.ts";
import type { Identity } from "../../store/home/identity.ts";
import type { ClientContext } from "../context.ts";
import type { Deliveries } from "../delivery/deliveries.ts";
import { rejectionsIn } from "../delivery/rejections.ts";
import { takeReceipts } from "../delivery/take_receipts.ts";
import { takeNotices } from "./notices.ts";
import { DUPLICATE } from "./judge.ts";
import type { PullTally } from "./pull_report.ts";

/** How much a tally held before a page. */
export interface TallyMark {
  readonly written: number;
  readonly rejected: number;
}

export const markOf = ({ written, rejected }: PullTally): TallyMark => ({
  written: written.length,
  rejected: rejected.length,
});

export interface TakenPage {
  /** As a relay listed it. */
  readonly items: readonly Json[];
  readonly tally: PullTally;
  /** Of the tally, before the page was taken. */
  readonly before: TallyMark;
}

export class FollowUp {
  readonly #context: ClientContext;
  readonly #identity: Identity;
  readonly #deliveries: Deliveries;

  constructor(context: ClientContext, identity: Identity, deliveries: Deliveries) {
    this.#context = context;
    this.#identity = identity;
    this.#deliveries = deliveries;
  }

  /** @throws {WireError} unreadable, locked, write_failed: the cursor must stay */
  async take({ items, tally, before }: TakenPage): Promise<void> {
    await takeNotices(this.#context, this.#identity, items);
    await takeReceipts(this.#context, this.#identity, items, this.#deliveries);
    await this.#reject(items, tally.rejected.slice(before.rejected));
    const senders = new Set(tally.written.slice(before.written).map(({ from }) => from));
    for (const sender of senders) await this.#deliveries.receipts.arrived(sender);
  }

  async #reject(items: readonly Json[], rejected: PullTally["rejected"]): Promise<void> {
    const others = rejected.filter(({ reason }) => reason !== DUPLICATE);
    if (others.length === 0) return;
    const trust = await new HearingHome(this.#context.home).readTrust();
    for (const { sender, eventId, reason } of rejectionsIn(items, others, trust)) {
      await this.#deliveries.receipts.reject(sender, eventId, reason);
    }
  }
}

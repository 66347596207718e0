/**
 * What becomes of events that a relay brings, by whatever way: stored, their notices taken, and only
 * then the cursor moved. The caller holds the home's daemon.lock and the mailbox's turn.
 */
import type { EventId } from "../../protocol/ids.ts";
import type { Json } from "../../protocol/json/value.ts";
import { Trace } from "../../store/diag/trace.ts";
import type { ClientContext } from "../context.ts";
import { MAX_PAGE_EVENTS } from "../relay_client.ts";
import { lastUsableId, withCursor } from "./cursors.ts";
import { type FollowUp, markOf } from "./follow_up.ts";
import type { PullTally } from "./pull_report.ts";
import type { Receiver } from "./receiver.ts";
import type { Route } from "./routes.ts";

export class Intake {
  readonly #context: ClientContext;
  readonly #followUp: FollowUp;
  readonly #receiver: Receiver;
  readonly #trace: Trace;

  constructor(context: ClientContext, receiver: Receiver, followUp: FollowUp) {
    this.#context = context;
    this.#followUp = followUp;
    this.#receiver = receiver;
    this.#trace = new Trace(context.platform, context.home.paths.stateRoot);
  }

  /**
   * @returns where the cursor is now; undefined when nothing in the page lets it move
   * @throws {WireError} unreadable, locked, write_failed: the cursor has stayed
   */
  async take(
    route: Route,
    items: readonly Json[],
    tally: PullTally,
  ): Promise<EventId | undefined> {
    const before = markOf(tally);
    const [written, rejected] = [tally.written.length, tally.rejected.length];
    const intact = await this.#receiver.take(items, tally);
    await this.#followUp.take({ items, tally, before });
    // A full page of forgeries would hide what follows for ever; there any id will do.
    const last = intact ?? (items.length < MAX_PAGE_EVENTS ? undefined : lastUsableId(items));
    if (last !== undefined) {
      const { home } = this.#context;
      await home.updateRelayState("wire daemon, cursor", (state) => withCursor(state, route, last));
    }
    await this.#trace.add("pull", {
      advance_to: last ?? null,
      blocked: false,
      events_in: items.length,
      rejected: tally.rejected.length - rejected,
      written: tally.written.length - written,
    });
    return last;
  }
}

/**
 * Asks relays whether a peer has fetched what we sent: the newest message of which that is not known
 * is posted once more, which is a duplicate and answered with it. The owner acknowledges in order, so
 * that one answer speaks for all before it. See docs/protocol/extensions.md §2, §3 and §5.
 */
import type { Clock } from "../../platform/clock.ts";
import type { EventId, Handle } from "../../protocol/ids.ts";
import type { DeliveryJournal } from "../../store/mail/delivery_journal.ts";
import { mailboxKey } from "../sync/mailbox_turns.ts";
import type { Message, Poster, PostOutcome } from "../sync/poster.ts";
import type { Route } from "../sync/routes.ts";
import { fetchedStep } from "./stored_steps.ts";

interface Probe {
  readonly message: Message;
  readonly route: Route;
  /** Messages before it in that mailbox. */
  readonly earlier: readonly EventId[];
  /** On the monotonic clock, ms. */
  dueAt: number;
  waitMs: number;
}

const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 300_000;
const MOST_EARLIER = 256;

export class FetchProbes {
  readonly #clock: Clock;
  readonly #journal: DeliveryJournal;
  readonly #probes = new Map<Handle, Probe>();

  constructor(clock: Clock, journal: DeliveryJournal) {
    this.#clock = clock;
    this.#journal = journal;
  }

  /** A relay has it; one that does not say whether it was fetched is not asked. */
  stored(peer: Handle, message: Message, outcome: PostOutcome): void {
    if (outcome.tag === "failed" || outcome.fetched !== false) return;
    const before = this.#probes.get(peer);
    const isSame = before !== undefined && mailboxKey(before.route) === mailboxKey(outcome.route);
    this.#probes.set(peer, {
      message,
      route: outcome.route,
      earlier: isSame ? [...before.earlier, before.message.id].slice(-MOST_EARLIER) : [],
      dueAt: this.#clock.monotonic() + FIRST_WAIT_MS,
      waitMs: FIRST_WAIT_MS,
    });
  }

  /** @throws {WireError} write_failed; the signal's reason */
  async ask(peer: Handle, poster: Poster, signal: AbortSignal): Promise<void> {
    const probe = this.#probes.get(peer);
    if (probe === undefined || this.#clock.monotonic() < probe.dueAt) return;
    const { message, route } = probe;
    if ((await this.#journal.recent(peer)).get(message.id)?.steps.has("received") === true) {
      this.#probes.delete(peer); // the peer itself has said more
      return;
    }
    const [posted] = await Array.fromAsync(poster.post([message], [route], signal));
    const outcome = posted?.outcome;
    if (outcome === undefined || outcome.tag === "failed" || outcome.fetched !== true) {
      probe.waitMs = Math.min(2 * probe.waitMs, LONGEST_WAIT_MS);
      probe.dueAt = this.#clock.monotonic() + probe.waitMs;
      return;
    }
    await this.#record(peer, probe);
    if (this.#probes.get(peer) === probe) this.#probes.delete(peer);
  }

  async #record(peer: Handle, { message, route, earlier }: Probe): Promise<void> {
    const recent = await this.#journal.recent(peer);
    const at = this.#clock.timestamp();
    const unknown = earlier.filter((id) => recent.get(id)?.steps.has("fetched") !== true);
    await this.#journal.record(peer, [
      ...unknown.map((id) => fetchedStep(id, route.relayUrl, at, message.id)),
      fetchedStep(message.id, route.relayUrl, at),
    ]);
  }
}

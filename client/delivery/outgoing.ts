/**
 * Whether an id that a peer names is a message of ours to that very peer, and what is known of it.
 * Whatever a peer sends, the work is bounded: what is neither recent nor on its way is looked up in
 * the archive only so often. See docs/protocol/extensions.md §5.
 */
import type { Clock } from "../../platform/clock.ts";
import type { Files } from "../../platform/files.ts";
import type { DeliveryStep } from "../../protocol/delivery/steps.ts";
import { legacyDid } from "../../protocol/identity/did.ts";
import type { EventId, Handle } from "../../protocol/ids.ts";
import { unsettled } from "../../store/mail/backlog.ts";
import type { DeliveryJournal } from "../../store/mail/delivery_journal.ts";
import { mailFile, mailPaths } from "../../store/mail/mail_paths.ts";

export interface OutgoingDependencies {
  readonly files: Files;
  readonly clock: Clock;
  readonly stateRoot: string;
  readonly journal: DeliveryJournal;
}

/** Look-ups beyond memory that a peer can cause at once, and how fast it may again. */
const BURST = 256;
const PER_SECOND = 32;

interface OnTheWay {
  /** Of the outbox file when it was read. */
  readonly look: string;
  readonly to: ReadonlyMap<string, string>;
}

export class Outgoing {
  readonly #deps: OutgoingDependencies;
  readonly #onTheWay = new Map<Handle, OnTheWay>();
  readonly #budgets = new Map<Handle, { left: number; at: number }>();

  constructor(deps: OutgoingDependencies) {
    this.#deps = deps;
  }

  /**
   * @param did whose receipt it is
   * @returns the steps that are known; undefined when no such message is ours to that peer, or it
   * asked for too much
   */
  async stepsOf(
    peer: Handle,
    id: EventId,
    did: string,
  ): Promise<ReadonlySet<DeliveryStep> | undefined> {
    const recent = (await this.#deps.journal.recent(peer)).get(id);
    if (recent?.to !== undefined) return recent.to === did ? recent.steps : undefined;
    const to = await this.#toOnTheWay(peer, id);
    if (to !== undefined) {
      return to === did || to === legacyDid(peer) ? recent?.steps ?? new Set() : undefined;
    }
    if (!this.#mayLook(peer)) return undefined;
    const old = await this.#deps.journal.archived(peer, id);
    return old.some(({ evidence }) => evidence["to"] === did)
      ? new Set([...old.map(({ step }) => step), ...recent?.steps ?? []])
      : undefined;
  }

  /** A receipt may be here before the answer to the post is written down. */
  async #toOnTheWay(peer: Handle, id: EventId): Promise<string | undefined> {
    const { files, stateRoot } = this.#deps;
    const stat = await files.stat(mailFile(mailPaths(stateRoot).outbox, peer));
    const look = stat === undefined ? "missing" : `${stat.size} ${stat.modifiedMs}`;
    let known = this.#onTheWay.get(peer);
    if (known?.look !== look && this.#mayLook(peer)) {
      const to = new Map<string, string>();
      for await (const message of unsettled({ files, stateRoot }, peer)) {
        to.set(message.id, message.to);
      }
      this.#onTheWay.set(peer, known = { look, to });
    }
    return known?.to.get(id);
  }

  #mayLook(peer: Handle): boolean {
    const now = this.#deps.clock.monotonic();
    const budget = this.#budgets.get(peer) ?? { left: BURST, at: now };
    const refilled = budget.left + (now - budget.at) * PER_SECOND / 1_000;
    const left = Math.min(BURST, refilled);
    this.#budgets.set(peer, { left: Math.max(0, left - 1), at: now });
    return left >= 1;
  }
}

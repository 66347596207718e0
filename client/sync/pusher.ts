/**
 * Delivers what the outboxes hold: only what was not delivered before, in order, per peer. One peer
 * that is slow or broken holds up no other. The caller holds the home's daemon.lock.
 * See docs/protocol/identity-and-events.md §12.
 */
import { WireError } from "../../protocol/errors.ts";
import { legacyDid } from "../../protocol/identity/did.ts";
import type { EventId, Handle } from "../../protocol/ids.ts";
import type { RelayState } from "../../protocol/schemas/relay_state.ts";
import { visible } from "../../protocol/text/visible.ts";
import { agentOf } from "../../protocol/trust/trust.ts";
import type { Identity } from "../../store/home/identity.ts";
import type { JournalEntry } from "../../store/mail/delivery_journal.ts";
import { Outbox } from "../../store/mail/outbox.ts";
import { OutboxProblems } from "../../store/mail/outbox_problems.ts";
import { SigningIntents } from "../../store/mail/signing_intents.ts";
import type { ClientContext } from "../context.ts";
import { Deliveries } from "../delivery/deliveries.ts";
import { nextPlace, takesStreams } from "../delivery/in_stream.ts";
import { RelayReceipts } from "../delivery/relay_receipts.ts";
import { storedSteps } from "../delivery/stored_steps.ts";
import { errorText } from "./error_text.ts";
import { Gathering } from "./gathering.ts";
import { PeerQueue, type QueueDependencies } from "./peer_queue.ts";
import { Poster, type Publisher } from "./poster.ts";
import type { PushItem } from "./push_report.ts";
import { readBatch } from "./read_batch.ts";
import type { Rest } from "./rests.ts";
import { peerRoutes } from "./routes.ts";

export interface RoundOptions {
  readonly signal: AbortSignal;
  /** Ends the waiting for what is slow; left out: waits for everything. */
  readonly until?: Promise<unknown>;
}

export interface PushRound {
  /** What happened since the last round, also in work that was under way then. */
  readonly items: readonly PushItem[];
  /** The home could not be written; the items say to whom it happened. */
  readonly writeFailure: WireError | undefined;
}

export interface PusherOptions {
  /** Connections to relays, where there are any. */
  readonly publisher?: Publisher;
  /** Of this process; left out: of this pusher alone. */
  readonly deliveries?: Deliveries;
  /** A relay has it, and the journal says so. */
  onStored?(peer: Handle, eventId: EventId): void;
  /** Something happened after the round that began it had ended: another one tells. */
  onLate?(): void;
}

interface PeerLine {
  readonly queue: PeerQueue;
  readonly poster: Poster;
  /** Problem lines that were reported already. */
  reported: number;
}

/** Deliveries that share one fsync of the journal; after a crash they are posted once more. */
const JOURNAL_BATCH = 64;

export class Pusher {
  readonly outbox: Outbox;
  readonly #context: ClientContext;
  readonly #deps: QueueDependencies;
  readonly #peers = new Map<Handle, PeerLine>();
  readonly #gathering = new Gathering<Handle>();
  #items: PushItem[] = [];
  #writeFailure: WireError | undefined;
  /** What is no peer's and no relay's doing: a fault of this program. */
  #fault: { readonly error: unknown } | undefined;

  readonly #options: PusherOptions;
  readonly #receipts: RelayReceipts;
  readonly #deliveries: Deliveries;
  /** Rounds that wait for what they have started. */
  #rounds = 0;

  constructor(context: ClientContext, identity: Identity, options: PusherOptions = {}) {
    this.#options = options;
    this.#receipts = new RelayReceipts(context);
    this.#deliveries = options.deliveries ?? new Deliveries(context, identity);
    const { platform: { files, clock }, home } = context;
    const { stateRoot } = home.paths;
    this.#context = context;
    this.outbox = new Outbox({ files, stateRoot });
    this.#deps = {
      files,
      clock,
      stateRoot,
      outbox: this.outbox,
      journal: this.#deliveries.journal,
      problems: new OutboxProblems({ files, stateRoot }),
      intents: new SigningIntents({ files, stateRoot }),
      signer: identity,
      recipientOf: async (peer) => {
        const did = agentOf(await home.readTrust(), peer)?.did;
        return did === undefined || did === "" ? legacyDid(peer) : did;
      },
      placeFor: async (peer) =>
        takesStreams(agentOf(await home.readTrust(), peer))
          ? await nextPlace(context, identity, peer)
          : undefined,
    };
  }

  /**
   * Posts what is due, to `only` or to everybody.
   * @throws {WireError} unreadable relay.json; anything else is a fault of this program, told once
   * all the others were served, whose items the next round returns
   */
  async round({ signal, until }: RoundOptions, only?: Handle): Promise<PushRound> {
    const state = await this.#context.home.readRelayState();
    const all = new Set([...await this.outbox.peers(), ...await this.#receivers()]);
    const peers = [...all].filter((peer) => only === undefined || peer === only);
    for (const peer of peers) {
      this.#gathering.start(peer, () => this.#serve(peer, state, signal));
    }
    this.#rounds++;
    await this.#gathering.settle(until);
    this.#rounds--;
    const fault = this.#fault;
    this.#fault = undefined;
    if (fault !== undefined) throw fault.error;
    const round = { items: this.#items, writeFailure: this.#writeFailure };
    this.#items = [];
    this.#writeFailure = undefined;
    return round;
  }

  /** Mailboxes that are left alone for a while, by `<relay> <slot>`, and whose peers wait for that. */
  resting(): readonly (Rest<string> & { readonly peer: Handle })[] {
    return [...this.#peers].flatMap(([peer, { poster }]) =>
      poster.resting().map((rest) => ({ peer, ...rest }))
    );
  }

  /** Whether an outbox changed since the last round: one stat a file. */
  async hasNews(): Promise<boolean> {
    for (const peer of await this.outbox.peers()) {
      const line = this.#peers.get(peer);
      if (line === undefined || await line.queue.hasNews()) return true;
    }
    return false;
  }

  /**
   * For a clean end: waits for what is under way (whose signal is aborted by now), and saves where
   * the next start begins to read. Without that, it reads everything again.
   */
  async close(until: Promise<unknown>): Promise<void> {
    await this.#gathering.settle(until);
    for (const [peer, { queue }] of this.#peers) {
      if (!this.#gathering.isRunning(peer)) await queue.savePosition();
    }
  }

  /** Sends receipts that are due, and no messages. @throws {WireError} write_failed; the signal's reason */
  async tell(signal: AbortSignal): Promise<void> {
    const state = await this.#context.home.readRelayState();
    for (const peer of await this.#deliveries.receipts.due()) {
      await this.#tell(this.#lineOf(peer), state, signal);
    }
  }

  async #serve(peer: Handle, state: RelayState, signal: AbortSignal): Promise<void> {
    try {
      const line = this.#lineOf(peer);
      await line.queue.refresh();
      this.#reportProblems(line);
      const isHeldUp = await this.#deliver(line, state, signal);
      const isDue = (await this.#receivers()).includes(peer);
      if (isDue && !isHeldUp) await this.#tell(line, state, signal);
      if (!isHeldUp) await this.#deliveries.probes.ask(peer, line.poster, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof WireError)) {
        this.#fault ??= { error };
        return;
      }
      this.#skip(peer, "", errorText(error));
      if (error.code === "write_failed") this.#writeFailure = error;
    } finally {
      if (this.#rounds === 0 && this.#items.length > 0) this.#options.onLate?.();
    }
  }

  /** To whom receipts are due. What stops those stops no message. */
  async #receivers(): Promise<readonly Handle[]> {
    const { receipts } = this.#deliveries;
    try {
      await receipts.begin();
      return await receipts.due();
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      if (error.code === "write_failed") this.#writeFailure = error;
      return [];
    }
  }

  /** Receipts, behind our messages. What cannot be sent stays due. */
  async #tell(
    { queue: { peer }, poster }: PeerLine,
    state: RelayState,
    signal: AbortSignal,
  ): Promise<void> {
    const found = peerRoutes(state, peer);
    const routes = found.tag === "none" ? [] : found.routes;
    await this.#deliveries.receipts.flush(peer, async (message) => {
      if (routes.length === 0) return false;
      const posted = await Array.fromAsync(poster.post([message], routes, signal));
      return posted.some(({ outcome }) => outcome.tag !== "failed");
    });
  }

  /** @returns whether nothing more can be sent to that peer now */
  async #deliver(
    { queue, poster }: PeerLine,
    state: RelayState,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { peer } = queue;
    const found = peerRoutes(state, peer);
    const delivered: JournalEntry[] = [];
    const routes = found.tag === "none" ? [] : found.routes;
    let heldUp = found.tag === "none" ? found.reason : undefined;
    const isPosting = routes.length > 0 && queue.pending().length > 0;
    await using _lock = isPosting
      ? await this.outbox.lockPosting(peer, "wire, posting")
      : undefined;
    // Something may have been taken back before the lock was ours.
    if (isPosting) await queue.refresh();
    const left = queue.pending();
    try {
      while (left.length > 0 && heldUp === undefined) {
        const { messages, unread } = await readBatch(queue, left);
        for await (
          const { message, outcome } of poster.post(messages, routes, signal)
        ) {
          const { id } = message;
          if (outcome.tag === "failed") {
            this.#skip(peer, id, heldUp ?? outcome.reason);
            if (outcome.holdsUp) heldUp ??= outcome.reason;
            continue;
          }
          const { tag, route } = outcome;
          const isNew = tag === "stored";
          this.#items.push({ tag: isNew ? "pushed" : "duplicate", peer, eventId: id, route });
          this.#deliveries.probes.stored(peer, message, outcome);
          delivered.push(...storedSteps(message, outcome, this.#deps.clock.timestamp()));
          if (delivered.length >= JOURNAL_BATCH) await this.#settle(queue, delivered.splice(0));
        }
        if (unread === undefined) continue;
        this.#skip(peer, unread, "the outbox file was rewritten meanwhile");
        return true;
      }
      if (heldUp !== undefined) { for (const id of left) this.#skip(peer, id, heldUp); }
      return heldUp !== undefined;
    } finally {
      await this.#settle(queue, delivered);
    }
  }

  async #settle(queue: PeerQueue, delivered: readonly JournalEntry[]): Promise<void> {
    await queue.settle(delivered);
    for (const { event_id, step } of delivered) {
      if (step === "stored") this.#options.onStored?.(queue.peer, event_id);
    }
  }

  #lineOf(peer: Handle): PeerLine {
    let line = this.#peers.get(peer);
    if (line === undefined) {
      const { platform: { clock, random } } = this.#context;
      const relay = this.#context.relay.bind(this.#context);
      line = {
        queue: new PeerQueue(peer, this.#deps),
        poster: new Poster({
          clock,
          random,
          relay,
          publisher: this.#options.publisher,
          receipts: this.#receipts,
        }),
        reported: 0,
      };
      this.#peers.set(peer, line);
    }
    return line;
  }

  /** Each line once per process; `status` shows them for as long as they stand there. */
  #reportProblems(line: PeerLine): void {
    const { problems, peer } = line.queue;
    for (const { offset, problem } of problems.slice(line.reported)) {
      this.#skip(peer, "", `line at byte ${offset} cannot be sent: ${problem}`);
    }
    line.reported = problems.length;
  }

  /** @param reason may hold what a relay, a peer's card or a file says */
  #skip(peer: Handle, eventId: string, reason: string): void {
    this.#items.push({ tag: "skipped", peer, eventId, reason: visible(reason) });
  }
}

/**
 * Tells peers what became of their messages, in batches, behind our own messages to them. Only peers
 * whose pinned card names the capability. See docs/protocol/extensions.md §5.
 */
import {
  LONGEST_REASON,
  MOST_RECEIPTED,
  RECEIPT_KIND,
  RECEIPT_TYPE,
  receiptBody,
  type Receipted,
} from "../../protocol/delivery/receipts.ts";
import { buildEvent, signEvent } from "../../protocol/event/event.ts";
import { hasCapability, RECEIPTS_CAPABILITY } from "../../protocol/identity/capabilities.ts";
import { type EventId, type Handle, isEventId, isHandle } from "../../protocol/ids.ts";
import {
  type Agent,
  agentOf,
  capabilitiesOf,
  isSelf,
  type TrustStore,
} from "../../protocol/trust/trust.ts";
import { HearingHome } from "../../store/home/hearing_home.ts";
import type { Identity } from "../../store/home/identity.ts";
import { Inbox } from "../../store/mail/inbox.ts";
import { ReadMarks } from "../../store/mail/read_marks.ts";
import {
  MOST_REJECTIONS,
  readReceiptState,
  type ReceiptState,
  type ReceiptStateDependencies,
  writeReceiptState,
} from "../../store/mail/receipt_state.ts";
import type { ClientContext } from "../context.ts";
import type { Message } from "../sync/poster.ts";
import { type DuePart, dueReceived } from "./due_receipts.ts";
import { ReceiptPace } from "./receipt_pace.ts";

export interface ReceiptTiming {
  /** Receipts are due. */
  onDue(): void;
  readonly signal: AbortSignal;
}

/** Posts one event. @returns whether a relay has it now */
export type PostReceipt = (message: Message) => Promise<boolean>;

/** Receipts that one round sends a peer: what comes faster waits. */
const MOST_BATCHES = 8;

export class ReceiptSender {
  readonly #context: ClientContext;
  readonly #identity: Identity;
  readonly #deps: ReceiptStateDependencies;
  readonly #inbox: Inbox;
  readonly #reads: ReadMarks;
  readonly #pace: ReceiptPace;
  readonly #states = new Map<Handle, ReceiptState>();
  readonly #uncounted = new Map<Handle, number>();
  /** With a place in the inbox that stands in memory only. */
  readonly #unsaved = new Set<Handle>();
  #hasBegun = false;

  constructor(context: ClientContext, identity: Identity, timing?: ReceiptTiming) {
    const { home: { paths: { stateRoot } }, platform: { files, clock } } = context;
    this.#context = context;
    this.#identity = identity;
    this.#deps = { files, stateRoot };
    this.#inbox = new Inbox(this.#deps);
    this.#reads = new ReadMarks(this.#deps);
    this.#pace = new ReceiptPace(clock, timing);
  }

  /**
   * Before anything is received: what peers sent before they could be told is not told. Once.
   * @throws {WireError} unreadable, write_failed
   */
  async begin(): Promise<void> {
    if (this.#hasBegun) return;
    for (const peer of peersIn(await this.#trust())) {
      const size = await this.#inboxSize(peer);
      const state = await readReceiptState(this.#deps, peer);
      if (state === undefined) await this.#save(peer, emptyState(size));
      const isBehind = state !== undefined && (size > state.offset || state.rejected.length > 0);
      if (isBehind || await this.#reads.size(peer) > (state?.reads ?? 0)) this.#pace.arrived(peer);
    }
    this.#hasBegun = true;
  }

  /** Mail of that peer is on the disk. @throws {WireError} unreadable, write_failed */
  async arrived(peer: Handle): Promise<void> {
    const isKnown = this.#states.has(peer) ||
      await readReceiptState(this.#deps, peer) !== undefined;
    // Pinned since we began: whoever dies before the first receipt still knows what is due.
    if (!isKnown) await this.#save(peer, emptyState(0));
    this.#pace.arrived(peer);
  }

  /** Peers to whom something may be due now. */
  async due(): Promise<Handle[]> {
    for (const peer of await this.#reads.peers()) {
      const read = (await this.#state(peer)).reads;
      if (await this.#reads.size(peer) !== read) this.#pace.arrived(peer);
    }
    return this.#pace.due();
  }

  /** Entries of a peer's receipts that meant nothing. */
  countIgnored(peer: Handle, count: number): void {
    this.#uncounted.set(peer, (this.#uncounted.get(peer) ?? 0) + count);
  }

  /** To be told that it was not accepted. @throws {WireError} unreadable, write_failed */
  async reject(peer: Handle, eventId: EventId, reason: string): Promise<void> {
    const state = await this.#state(peer);
    const entry = { event_id: eventId, reason: reason.slice(0, LONGEST_REASON).toWellFormed() };
    const rejected = [...state.rejected, entry].slice(-MOST_REJECTIONS);
    await this.#save(peer, { ...state, rejected });
    this.#pace.arrived(peer);
  }

  /**
   * Sends what is due to one peer; what cannot be sent stays due.
   * @throws {WireError} unreadable, write_failed; what `post` throws
   */
  async flush(peer: Handle, post: PostReceipt): Promise<void> {
    const agent = agentOf(await this.#trust(), peer);
    if (!isTaker(agent)) {
      // Should it ever want to be told, then not of this.
      const offset = await this.#inboxSize(peer);
      this.#passed(peer, { ...await this.#state(peer), offset });
      return this.#pace.settled(peer);
    }
    for (let batches = 0; batches < MOST_BATCHES; batches++) {
      const state = await this.#state(peer);
      const part = await this.#part(peer, state);
      if (part.messages.length === 0) {
        if (part.offset > state.offset) this.#passed(peer, { ...state, offset: part.offset });
        return this.#pace.settled(peer);
      }
      const isTold = await post(this.#receipt(agent, part.messages));
      if (!isTold) return this.#pace.failed(peer);
      const rejected = state.rejected.slice(part.rejections);
      await this.#save(peer, { ...state, offset: part.offset, reads: part.reads, rejected });
    }
    this.#pace.arrived(peer);
  }

  /** Writes what was not worth a write of its own. @throws {WireError} write_failed */
  async close(): Promise<void> {
    for (const peer of [...this.#uncounted.keys(), ...this.#unsaved]) {
      await this.#save(peer, await this.#state(peer));
    }
  }

  #passed(peer: Handle, state: ReceiptState): void {
    this.#states.set(peer, state);
    this.#unsaved.add(peer);
  }

  async #part(peer: Handle, state: ReceiptState): Promise<
    DuePart & { readonly reads: number; readonly rejections: number }
  > {
    const rejected = state.rejected.map(({ event_id, reason }): Receipted => ({
      step: "rejected",
      eventId: event_id,
      reason,
    }));
    const { files } = this.#deps;
    // A file that somebody made shorter: what stands there was told before.
    const offset = Math.min(state.offset, await this.#inboxSize(peer));
    const room = MOST_RECEIPTED - rejected.length;
    const received = await dueReceived(files, this.#inbox.path(peer), { offset, most: room });
    const most = room - received.messages.length;
    const read = await this.#reads.since(peer, { offset: state.reads, most });
    return {
      messages: [...rejected, ...received.messages, ...read.messages],
      offset: received.offset,
      reads: read.offset,
      rejections: rejected.length,
    };
  }

  #receipt({ did }: Agent, messages: readonly Receipted[]): Message {
    const at = this.#context.platform.clock.timestamp();
    const event = signEvent(
      buildEvent({
        from: this.#identity.did,
        to: did,
        type: RECEIPT_TYPE,
        kind: RECEIPT_KIND,
        body: receiptBody(messages, at),
        timestamp: at,
      }),
      this.#identity,
    );
    if (!isEventId(event.id)) throw new TypeError("an event that we signed has an id");
    return { id: event.id, text: event.text, to: did };
  }

  async #state(peer: Handle): Promise<ReceiptState> {
    const state = this.#states.get(peer) ?? await readReceiptState(this.#deps, peer) ??
      emptyState(0);
    this.#states.set(peer, state);
    return state;
  }

  async #save(peer: Handle, state: ReceiptState): Promise<void> {
    const ignored = state.ignored + (this.#uncounted.get(peer) ?? 0);
    const saved = { ...state, ignored };
    await writeReceiptState(this.#deps, peer, saved);
    this.#states.set(peer, saved);
    this.#uncounted.delete(peer);
    this.#unsaved.delete(peer);
  }

  async #inboxSize(peer: Handle): Promise<number> {
    return (await this.#deps.files.stat(this.#inbox.path(peer)))?.size ?? 0;
  }

  /** Without blocked peers: they are told nothing. */
  #trust(): Promise<TrustStore> {
    return new HearingHome(this.#context.home).readTrust();
  }
}

const emptyState = (offset: number): ReceiptState => ({
  offset,
  reads: 0,
  ignored: 0,
  rejected: [],
});

const isTaker = (agent: Agent | undefined): agent is Agent =>
  agent !== undefined && !isSelf(agent) && agent.did !== "" &&
  hasCapability(capabilitiesOf(agent), RECEIPTS_CAPABILITY);

function peersIn(trust: TrustStore): Handle[] {
  const peers = [...trust.agents.values()].filter((agent) => !isSelf(agent));
  return peers.map(({ handle }) => handle).filter(isHandle);
}

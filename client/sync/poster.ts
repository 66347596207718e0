/**
 * Posts messages by the first route that takes them: together over a connection that is open, else one
 * by one. A mailbox that fails rests for a while, per
 * peer and endpoint; a message that is refused rests on its own and does not hold up the others.
 */
import type { Clock } from "../../platform/clock.ts";
import type { Random } from "../../platform/random.ts";
import type { RelayReceipt } from "../../protocol/receipt.ts";
import { digestOf } from "../../protocol/event/event.ts";
import type { EventId, RelayUrl } from "../../protocol/ids.ts";
import type { Published } from "../relay/published.ts";
import { RelayStatusError } from "../relay/status_error.ts";
import type { Posted as PostedTo, RelayClient } from "../relay_client.ts";
import { errorText } from "./error_text.ts";
import { inTime, wasTooLate } from "./local_deadline.ts";
import { MailboxRests } from "./mailbox_rests.ts";
import { isOutside } from "./outside_error.ts";
import { isDistrusted, postFailure } from "./post_outcome.ts";
import { type Rest, Rests } from "./rests.ts";
import type { Publisher, PublishOptions, Receipts } from "./publisher.ts";
import type { Route } from "./routes.ts";
import { unlessAborted } from "./unless_aborted.ts";

export type { Publisher, PublishOptions, Receipts };

export interface PosterDependencies {
  readonly clock: Clock;
  readonly random: Random;
  relay(url: RelayUrl): RelayClient;
  /** Left out: every message is a request of its own. */
  readonly publisher?: Publisher | undefined;
  readonly receipts: Receipts;
}

export interface Message {
  readonly id: EventId;
  /** Stored form. */
  readonly text: string;
  /** The DID that it is addressed to, with a key as soon as one is known. */
  readonly to: string;
}

export type PostOutcome =
  | {
    readonly tag: "stored" | "duplicate";
    readonly route: Route;
    /** Whether the owner's ack has passed it, where the relay tells. */
    readonly fetched: boolean | undefined;
    /** Verified; where the relay gives them. */
    readonly receipt: RelayReceipt | undefined;
  }
  /** No route took it. `holdsUp`: nor would one take the next message now. */
  | { readonly tag: "failed"; readonly reason: string; readonly holdsUp: boolean };

/** What became of one message. */
export interface Posted {
  readonly message: Message;
  readonly outcome: PostOutcome;
}

interface Pending {
  readonly message: Message;
  /** Of the route before, if it failed there. */
  readonly reason: string;
  readonly holdsUp: boolean;
}

interface Posting {
  posted(): Promise<Outcome> | Outcome;
  readonly signal: AbortSignal;
}

interface Outcome extends Omit<PostedTo, "eventId"> {
  /** Whether a receipt was asked for. */
  readonly isReceiptDue: boolean;
}

interface Batch {
  readonly results: readonly (Published | undefined)[];
  readonly isReceiptDue: boolean;
}

/** Refused messages that are remembered: beyond that, they are simply tried again. */
const MOST_REFUSED = 10_000;

export class Poster {
  readonly #deps: PosterDependencies;
  readonly #resting: MailboxRests;
  readonly #refused: Rests<EventId>;

  constructor(deps: PosterDependencies) {
    this.#deps = deps;
    this.#resting = new MailboxRests(deps);
    this.#refused = new Rests(deps, MOST_REFUSED);
  }

  /** Mailboxes that are left alone for a while: `<relay> <slot>`. */
  resting(): readonly Rest<string>[] {
    return this.#resting.all();
  }

  /**
   * @param messages in the order in which they are to go; by one connection they go together
   * @param routes at least one
   * @returns what became of each, as soon as it is known
   * @throws the signal's reason once it is aborted
   */
  async *post(
    messages: readonly Message[],
    routes: readonly Route[],
    signal: AbortSignal,
  ): AsyncGenerator<Posted, void, undefined> {
    let left: Pending[] = [];
    for (const message of messages) {
      const reason = this.#refused.why(message.id);
      if (reason !== undefined) {
        yield { message, outcome: { tag: "failed", reason, holdsUp: false } };
      } else left.push({ message, reason: "", holdsUp: true });
    }
    for (const route of routes) {
      this.#resting.connected(route, this.#deps.publisher?.connectedSince?.(route.relayUrl));
      const next: Pending[] = [];
      for await (const { pending, outcome } of this.#attempts(left, route, signal)) {
        const { message } = pending;
        if (outcome.tag === "failed") {
          const holdsUp = pending.holdsUp && outcome.holdsUp;
          next.push({ message, reason: outcome.reason, holdsUp });
        } else {
          this.#refused.end(message.id);
          yield { message, outcome };
        }
      }
      left = next;
    }
    for (const { message, reason, holdsUp } of left) {
      if (!holdsUp) this.#refused.begin(message.id, reason);
      yield { message, outcome: { tag: "failed", reason, holdsUp } };
    }
  }

  async *#attempts(
    pending: readonly Pending[],
    route: Route,
    signal: AbortSignal,
  ): AsyncGenerator<{ pending: Pending; outcome: PostOutcome }, void, undefined> {
    const batch = pending.length === 0 ? undefined : await this.#publish(pending, route, signal);
    for (const [at, one] of pending.entries()) {
      const result = batch?.results[at];
      const outcome = batch === undefined || result === undefined
        ? await this.#attempt(one.message, route, signal)
        : await this.#outcome(one.message, route, {
          posted: () => postedOf(result, batch.isReceiptDue),
          signal,
        });
      yield { pending: one, outcome };
    }
  }

  /** @returns undefined where there is no connection, or it was lost: then they go one by one */
  async #publish(
    pending: readonly Pending[],
    route: Route,
    signal: AbortSignal,
  ): Promise<Batch | undefined> {
    if (this.#resting.why(route) !== undefined) return undefined;
    const texts = pending.map(({ message }) => message.text);
    const { publisher, receipts } = this.#deps;
    if (publisher === undefined) return undefined;
    try {
      return await inTime(this.#deps.clock, { route, signal }, async (until) => {
        const wantsReceipts = await receipts.areGivenBy(route.relayUrl, until);
        const published = publisher.publish(route, texts, { wantsReceipts });
        const results = published && await unlessAborted(published, until);
        return results && { results, isReceiptDue: wantsReceipts };
      });
    } catch (error) {
      signal.throwIfAborted();
      // Stored or not, it is stored once: the peer knows events by their ids.
      if (wasTooLate(route, error)) this.#resting.silent(route, errorText(error));
      // The token, say: each of them would be told the same.
      if (error instanceof RelayStatusError) {
        return { results: pending.map(() => refusedWith(error)), isReceiptDue: false };
      }
      // The first that goes by itself says so.
      if (!isOutside(error) && !isDistrusted(error)) throw error;
      return undefined;
    }
  }

  async #attempt(message: Message, route: Route, signal: AbortSignal): Promise<PostOutcome> {
    const reason = this.#resting.why(route);
    if (reason !== undefined) return { tag: "failed", reason, holdsUp: true };
    const { slotId, slotToken, relayUrl } = route;
    const relay = this.#deps.relay(relayUrl);
    const posted = () =>
      inTime(this.#deps.clock, { route, signal }, async (until) => {
        const wantsReceipt = await this.#deps.receipts.areGivenBy(relayUrl, until);
        const options = { signal: until, wantsReceipt };
        const reply = await relay.postEvent(slotId, slotToken, message.text, options);
        return { ...reply, isReceiptDue: wantsReceipt };
      });
    return await this.#outcome(message, route, { posted, signal });
  }

  /** @throws what is none of a relay's or of the network's */
  async #outcome(
    message: Message,
    route: Route,
    { posted, signal }: Posting,
  ): Promise<PostOutcome> {
    try {
      const { status, digest, fetched, receipt, isReceiptDue } = await posted();
      if (digest !== undefined && digest !== digestOf(message.text)) {
        this.#resting.end(route);
        const reason = "the relay holds another event under this id";
        return { tag: "failed", reason, holdsUp: false };
      }
      const proof = isReceiptDue
        ? await this.#deps.receipts.check(route, message.id, receipt)
        : undefined;
      this.#resting.end(route);
      return { tag: status, route, fetched, receipt: proof };
    } catch (error) {
      signal.throwIfAborted();
      const holdsUp = postFailure(error) === "mailbox";
      const reason = error instanceof Error ? error.message : String(error);
      if (holdsUp && error instanceof RelayStatusError) this.#resting.refused(route, reason);
      else if (holdsUp) this.#resting.silent(route, reason);
      return { tag: "failed", reason, holdsUp };
    }
  }
}

/** In the words of HTTP. @throws {RelayStatusError} */
function postedOf(published: Published, isReceiptDue: boolean): Outcome {
  const { tag } = published;
  if (tag !== "refused") {
    const { digest, fetched, receipt } = published;
    return { status: tag, digest, fetched, receipt, isReceiptDue };
  }
  throw new RelayStatusError("post_event", published.http, { said: published.message });
}

const refusedWith = ({ status, said }: RelayStatusError): Published => ({
  tag: "refused",
  http: status,
  message: said,
});

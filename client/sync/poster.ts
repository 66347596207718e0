/**
 * Posts one message by the first route that takes it. A mailbox that fails rests for a while, per
 * peer and endpoint; a message that is refused rests on its own and does not hold up the others.
 */
import type { Clock } from "../../platform/clock.ts";
import type { Random } from "../../platform/random.ts";
import { digestOf } from "../../protocol/event/event.ts";
import type { EventId, RelayUrl } from "../../protocol/ids.ts";
import type { RelayClient } from "../relay_client.ts";
import { Backoff } from "./backoff.ts";
import { postFailure } from "./post_outcome.ts";
import type { Route } from "./routes.ts";

export interface PosterDependencies {
  readonly clock: Clock;
  readonly random: Random;
  relay(url: RelayUrl): RelayClient;
}

export interface Message {
  readonly id: EventId;
  /** Stored form. */
  readonly text: string;
}

export type PostOutcome =
  | { readonly tag: "stored" | "duplicate"; readonly route: Route }
  /** No route took it. `holdsUp`: nor would one take the next message now. */
  | { readonly tag: "failed"; readonly reason: string; readonly holdsUp: boolean };

interface Rest {
  readonly backoff: Backoff;
  /** On the monotonic clock, ms. */
  until: number;
  reason: string;
}

/** Refused messages that are remembered: beyond that, they are simply tried again. */
const MOST_REFUSED = 10_000;

export class Poster {
  readonly #deps: PosterDependencies;
  /** By relay and slot. */
  readonly #resting = new Map<string, Rest>();
  readonly #refused = new Map<EventId, Rest>();

  constructor(deps: PosterDependencies) {
    this.#deps = deps;
  }

  /**
   * @param routes at least one
   * @throws the signal's reason once it is aborted
   */
  async post(
    message: Message,
    routes: readonly Route[],
    signal: AbortSignal,
  ): Promise<PostOutcome> {
    const refused = this.#refused.get(message.id);
    if (refused !== undefined && this.#isResting(refused)) {
      return { tag: "failed", reason: this.#whyResting(refused), holdsUp: false };
    }
    let reason = "";
    let holdsUp = true;
    for (const route of routes) {
      const attempt = await this.#attempt(message, route, signal);
      if (attempt.tag !== "failed") {
        this.#refused.delete(message.id);
        return attempt;
      }
      reason = attempt.reason;
      holdsUp &&= attempt.holdsUp;
    }
    if (!holdsUp) this.#refuse(message.id, reason);
    return { tag: "failed", reason, holdsUp };
  }

  async #attempt(message: Message, route: Route, signal: AbortSignal): Promise<PostOutcome> {
    const key = `${route.relayUrl} ${route.slotId}`;
    const rest = this.#resting.get(key);
    if (rest !== undefined && this.#isResting(rest)) {
      return { tag: "failed", reason: this.#whyResting(rest), holdsUp: true };
    }
    try {
      const { slotId, slotToken, relayUrl } = route;
      const { status, digest } = await this.#deps.relay(relayUrl)
        .postEvent(slotId, slotToken, message.text, signal);
      this.#resting.delete(key);
      if (digest === undefined || digest === digestOf(message.text)) return { tag: status, route };
      const reason = "the relay holds another event under this id";
      return { tag: "failed", reason, holdsUp: false };
    } catch (error) {
      signal.throwIfAborted();
      const holdsUp = postFailure(error) === "mailbox";
      const reason = error instanceof Error ? error.message : String(error);
      if (holdsUp) this.#restFor(this.#resting, key, reason);
      return { tag: "failed", reason, holdsUp };
    }
  }

  #refuse(id: EventId, reason: string): void {
    const [oldest] = this.#refused.keys();
    if (this.#refused.size >= MOST_REFUSED && oldest !== undefined) this.#refused.delete(oldest);
    this.#restFor(this.#refused, id, reason);
  }

  #restFor<Key>(resting: Map<Key, Rest>, key: Key, reason: string): void {
    const { clock, random } = this.#deps;
    const backoff = resting.get(key)?.backoff ?? new Backoff(random);
    resting.set(key, { backoff, until: clock.monotonic() + backoff.failed(), reason });
  }

  #isResting(rest: Rest): boolean {
    return this.#deps.clock.monotonic() < rest.until;
  }

  #whyResting({ reason, until }: Rest): string {
    const seconds = Math.ceil((until - this.#deps.clock.monotonic()) / 1_000);
    return `${reason} (next try in ${seconds} s)`;
  }
}

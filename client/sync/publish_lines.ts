/** Connections to relays where only peers have their mailboxes: a few at a time, each for a while. */
import type { RelayUrl } from "../../protocol/ids.ts";
import type { ClientContext } from "../context.ts";
import type { Published } from "../relay/published.ts";
import type { AnnouncedLimits } from "./announced_limits.ts";
import type { PublishOptions } from "./poster.ts";
import { FEWEST, PublishLine } from "./publish_line.ts";
import type { Route } from "./routes.ts";

/** Beyond that, messages go as requests until one of them ends. */
const MOST_LINES = 32;

export class PublishLines {
  readonly #context: ClientContext;
  readonly #limits: AnnouncedLimits;
  readonly #lines = new Map<RelayUrl, PublishLine>();
  #isClosed = false;

  constructor(context: ClientContext, limits: AnnouncedLimits) {
    this.#context = context;
    this.#limits = limits;
  }

  /** @returns undefined, now or later, where the messages are to go as requests */
  publish(
    route: Route,
    texts: readonly string[],
    options?: PublishOptions,
  ): Promise<readonly (Published | undefined)[] | undefined> | undefined {
    if (this.#isClosed) return undefined;
    const { relayUrl } = route;
    let line = this.#lines.get(relayUrl);
    if (line === undefined) {
      if (texts.length < FEWEST || !this.#hasRoom()) return undefined;
      line = new PublishLine(relayUrl, {
        context: this.#context,
        limits: this.#limits,
        onEnd: (ended) => this.#forget(ended),
      });
      this.#lines.set(relayUrl, line);
    }
    return line.publish(route, texts, options);
  }

  /** After a sleep of the machine: connections that died meanwhile do not tell. */
  check(): void {
    for (const { session } of this.#lines.values()) session?.check();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#lines.values()].map((line) => line.close()));
  }

  /** One that does nothing but remember a failure gives way. */
  #hasRoom(): boolean {
    if (this.#lines.size < MOST_LINES) return true;
    const idle = this.#lines.values().find(({ isIdle }) => isIdle);
    if (idle !== undefined) this.#forget(idle);
    return idle !== undefined;
  }

  #forget(line: PublishLine): void {
    if (this.#lines.get(line.relayUrl) === line) this.#lines.delete(line.relayUrl);
  }
}

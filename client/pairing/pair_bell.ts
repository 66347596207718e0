/**
 * Waiting in a terminal: until the relay tells that the other side did something, or, where it does
 * not tell, for as long as between two looks. See docs/protocol/extensions.md §3.
 */
import { WireError } from "../../protocol/errors.ts";
import type { RelayUrl } from "../../protocol/ids.ts";
import type { ClientContext } from "../context.ts";
import { featuresOf } from "../relay/features.ts";
import { SocketSession } from "../relay/socket_session.ts";
import { Bell } from "../sync/bell.ts";
import { type PairPlace, PairWatches } from "../sync/pair_watches.ts";

/** Between two looks where the relay tells: what another command did is seen so soon. */
const WATCHED_MS = 2_000;

export class PairBell implements AsyncDisposable {
  readonly #context: ClientContext;
  readonly #bell = new Bell();
  readonly #watches = new PairWatches(() => this.#bell.ring());
  readonly #stop = new AbortController();
  #opening: Promise<void> | undefined;
  #session: SocketSession | undefined;
  #lost: WireError | undefined;

  constructor(context: ClientContext) {
    this.#context = context;
  }

  /**
   * @param place undefined while there is nothing to watch
   * @param ms between two looks where nobody tells
   * @throws {WireError} feature_lost; the signal's reason
   */
  async wait(place: PairPlace | undefined, ms: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#context.platform;
    if (this.#lost !== undefined) throw this.#lost;
    if (place === undefined) return await clock.sleep(ms, signal);
    this.#opening ??= this.#open(place.relayUrl);
    if (this.#watches.follow([place], () => this.#session).length > 0) {
      return await clock.sleep(ms, signal);
    }
    await this.#bell.wait(clock, Math.max(ms, WATCHED_MS), signal);
    signal.throwIfAborted();
    this.#bell.reset();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#watches.follow([], () => undefined);
    await this.#session?.close();
  }

  /** Once: a terminal asks at intervals as well as before. */
  async #open(relayUrl: RelayUrl): Promise<void> {
    const { platform } = this.#context;
    try {
      if (!(await featuresOf(this.#context, relayUrl)).has("ws")) return;
      const session = await SocketSession.open(relayUrl, platform, this.#stop.signal);
      if (this.#stop.signal.aborted) return await session.close();
      this.#session = session;
      const { why } = await session.ended;
      this.#session = undefined;
      this.#bell.ring(); // whoever waits asks again
      platform.log.info("the pairing is asked for at intervals", { why });
    } catch (error) {
      if (error instanceof WireError && error.code === "feature_lost") this.#lost = error;
      else platform.log.info("the pairing is asked for at intervals", { error });
    }
  }
}

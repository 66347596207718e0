/**
 * Watches pairings over the connections of their relays, so that nobody need ask every second.
 * What is not watched is asked for as before. See docs/protocol/extensions.md §3.
 */
import type { RelayUrl } from "../../protocol/ids.ts";
import { MAX_PAIR_WATCHES } from "../../protocol/schemas/ws_frames.ts";
import type { PairSeat } from "../relay/socket_pairs.ts";
import type { SocketSession } from "../relay/socket_session.ts";

/** A pairing that is under way, as its relay knows it. */
export interface PairPlace {
  readonly relayUrl: RelayUrl;
  readonly seat: PairSeat;
  /** The other side waits for us no longer than some seconds. */
  readonly isBusy: boolean;
}

interface Watch {
  readonly session: SocketSession;
  readonly stop: AbortController;
  /** The relay has said what there is: from now on nothing is missed. */
  isWatching: boolean;
}

const keyOf = ({ relayUrl, seat }: PairPlace): string => `${relayUrl} ${JSON.stringify(seat)}`;

export class PairWatches {
  readonly #wake: () => void;
  readonly #watches = new Map<string, Watch>();

  /** @param wake called when the other side of a pairing did something */
  constructor(wake: () => void) {
    this.#wake = wake;
  }

  /**
   * Watches exactly these from now on.
   * @param sessionOf the connection to a relay, while there is one
   * @returns those that nobody watches now: they are to be asked for
   */
  follow(
    places: readonly PairPlace[],
    sessionOf: (relayUrl: RelayUrl) => SocketSession | undefined,
  ): readonly PairPlace[] {
    const wanted = new Map(places.map((place) => [keyOf(place), place]));
    for (const [key, { stop }] of this.#watches) {
      if (wanted.has(key)) continue;
      stop.abort();
      this.#watches.delete(key);
    }
    for (const [key, place] of wanted) {
      if (this.#watches.has(key)) continue;
      const session = sessionOf(place.relayUrl);
      if (session === undefined || this.#countOn(session) >= MAX_PAIR_WATCHES) continue;
      this.#begin(key, place, session);
    }
    return [...wanted].flatMap(([key, place]) =>
      this.#watches.get(key)?.isWatching === true ? [] : [place]
    );
  }

  #begin(key: string, { seat }: PairPlace, session: SocketSession): void {
    const watch: Watch = { session, stop: new AbortController(), isWatching: false };
    this.#watches.set(key, watch);
    const news = (): void => {
      watch.isWatching = true;
      this.#wake();
    };
    const over = (): void => {
      if (this.#watches.get(key) === watch) this.#watches.delete(key);
    };
    // Refused, or cut off: asking at intervals goes on, and tells what is wrong.
    session.watchPair(seat, news, watch.stop.signal).then(over, over);
  }

  #countOn(session: SocketSession): number {
    return [...this.#watches.values()].filter((watch) => watch.session === session).length;
  }
}

/**
 * The daemon of this home, as operations see it: asked over the local socket, once and briefly. No
 * answer is an answer: everything that can be learned or set off here also stands in files, and
 * nothing depends on it for correctness.
 */
import type { LiveEvent, LiveNudged, LiveStatus } from "../protocol/schemas/live.ts";

export interface DaemonLink {
  /**
   * Says that an outbox changed, so that the message leaves at once.
   * @returns who heard it; undefined when no daemon did within the bound. Never throws
   */
  nudge(): Promise<LiveNudged | undefined>;
  /** @returns what the daemon says of itself; undefined when none answers. Never throws */
  status(): Promise<LiveStatus | undefined>;
  /**
   * What happens from now on, beginning with `watching`; nothing at all when no daemon answers. Ends
   * with the connection or the signal, and never throws: whoever wants more asks again.
   */
  watch(signal: AbortSignal): AsyncIterable<LiveEvent>;
}

/** Where there is nobody to ask. */
export const NO_DAEMON: DaemonLink = {
  nudge: () => Promise.resolve(undefined),
  status: () => Promise.resolve(undefined),
  async *watch() {},
};

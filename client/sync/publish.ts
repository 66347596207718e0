/** Messages over a connection that is open, in frames that its relay takes. */
import type { Published } from "../relay/published.ts";
import { portionsOf, type PublishLimits } from "../relay/publish_limits.ts";
import type { SocketSession } from "../relay/socket_session.ts";
import { RelayStatusError } from "../relay/status_error.ts";
import type { PublishOptions } from "./poster.ts";
import { isOutside } from "./outside_error.ts";
import type { Route } from "./routes.ts";

export interface Publishing {
  readonly session: SocketSession;
  readonly limits: PublishLimits;
}

/**
 * One frame after the other, so that the order of the messages is that of the mailbox.
 * @returns what became of each; undefined for those that are to go as requests of their own, and for
 * all from there on where the connection was lost, since nobody knows what became of them
 * @throws {RelayStatusError} for all of them
 */
export async function publishAll(
  { session, limits }: Publishing,
  { slotId, slotToken }: Route,
  texts: readonly string[],
  options: PublishOptions = {},
): Promise<readonly (Published | undefined)[]> {
  const results: (Published | undefined)[] = [];
  for (const { start, count, as } of portionsOf(texts, limits)) {
    // A later one must not pass it: whoever posts them one by one keeps their order.
    if (as === "alone") break;
    try {
      const portion = texts.slice(start, start + count);
      results.push(...await session.publish(slotId, slotToken, portion, options));
    } catch (error) {
      if (start === 0 || !(error instanceof RelayStatusError || isOutside(error))) throw error;
      break;
    }
  }
  return texts.map((_, at) => results[at]);
}

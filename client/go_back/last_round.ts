/** What is queued leaves, what has come is taken in, and what agents appended is signed: once more. */
import type { Identity } from "../../store/home/identity.ts";
import type { ClientContext } from "../context.ts";
import { errorText } from "../sync/error_text.ts";
import { isOutside } from "../sync/outside_error.ts";
import { Puller } from "../sync/puller.ts";
import { Pusher } from "../sync/pusher.ts";
import { ownRoutes } from "../sync/routes.ts";

/** Relays that are silent must not keep a home from going back. */
const ROUND_MS = 30_000;

/**
 * The caller holds daemon.lock.
 * @returns a line for each relay that could not be asked
 * @throws {WireError} unreadable, locked, write_failed: what is about this home's disk
 */
export async function lastRound(context: ClientContext, identity: Identity): Promise<string[]> {
  const { home, platform: { clock } } = context;
  const signal = clock.timeout(ROUND_MS);
  const silent: string[] = [];
  if (ownRoutes(await home.readRelayState()).length > 0) {
    const puller = new Puller(context, identity);
    const { failures } = await puller.round({ signal });
    await puller.close(Promise.resolve());
    for (const { route, error } of failures) {
      if (!isOutside(error)) throw error;
      silent.push(`mail at ${route.shownUrl} was not fetched: ${errorText(error)}`);
    }
  }
  const pusher = new Pusher(context, identity);
  const { writeFailure } = await pusher.round({ signal });
  await pusher.close(Promise.resolve());
  if (writeFailure !== undefined) throw writeFailure;
  return silent;
}

/** Pairings of the form pair/2 come to their end: 0.5.19 cannot go on with them. */
import { isOver } from "../../protocol/pair2/state.ts";
import type { ClientContext } from "../context.ts";
import { advance2 } from "../pair2/driver.ts";
import { nameplateOf } from "../pair2/records.ts";

/** How long their relays may take to hear of it, together. */
const TELL_RELAYS_MS = 10_000;

/**
 * Each stays as `aborted` for whoever watches it; a peer that is half pinned is not pinned.
 * @returns their numbers, never their words
 * @throws {WireError} unreadable, locked, write_failed
 */
export async function endPair2(context: ClientContext): Promise<string[]> {
  const signal = context.platform.clock.timeout(TELL_RELAYS_MS);
  const ended: string[] = [];
  for (
    const { id, state } of await context.home.pair2.list(({ message }) => context.warn(message))
  ) {
    if (isOver(state)) continue;
    const options = { signal, notify: "nobody", only: "ending" } as const;
    await advance2(context, id, { tag: "cancelled" }, options);
    ended.push(nameplateOf(state) ?? "…");
  }
  return ended;
}

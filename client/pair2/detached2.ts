/**
 * A pairing of the form pair/2 that is only opened here and driven by the daemon. A host asks the
 * relay at once: without its number there is no code to show. See docs/protocol/extensions.md §10.
 */
import { WireError } from "../../protocol/errors.ts";
import { isOver } from "../../protocol/pair2/state.ts";
import type { ClientContext } from "../context.ts";
import { startDaemon } from "../pairing/detached.ts";
import type { PairQueued } from "../pairing/pair_progress.ts";
import { DRIVER_DEADLINE_MS } from "../pairing/terminal_wait.ts";
import { refuseForeignDaemon } from "../sync/round_lock.ts";
import { advance2 } from "./driver.ts";
import { requirePair2 } from "./feature.ts";
import { expiry2 } from "./listing.ts";
import { type Begin2, lockDriver2, recordFor, shownCode } from "./records.ts";

/**
 * The record is on the disk before a daemon is started, which serves what it finds.
 * @throws {WireError} refused, if the relay does not offer pair/2; unreachable, relay_status,
 * pairing_failed, and then nothing is queued
 */
export async function queuePair2(
  context: ClientContext,
  begin: Begin2,
  signal: AbortSignal,
): Promise<PairQueued> {
  const { side, relayUrl } = begin;
  // A daemon of 0.5.19 would never look at it, and beside one no other may run.
  const owner = side === "host" ? "wire pair-host --detach" : "wire pair-join --detach";
  await refuseForeignDaemon(context.home, owner);
  await requirePair2(context, { side, relayUrl });
  const id = await recordFor(context, begin);
  const state = await opened(context, id, signal);
  return {
    code_phrase: shownCode(state),
    daemon_spawned: await startDaemon(context),
    expires_at: expiry2(state) ?? context.platform.clock.timestamp(),
    relay_url: relayUrl,
    role: side,
    state: "queued",
    form: "pair/2",
  };
}

async function opened(context: ClientContext, id: string, signal: AbortSignal) {
  const driver = { owner: "wire pair, detached", deadlineMs: DRIVER_DEADLINE_MS };
  await using _driver = await lockDriver2(context, id, driver);
  const options = { signal, notify: "nobody" } as const;
  const tick = { tag: "tick", now: context.platform.clock.now() } as const;
  const { state, problem } = await advance2(context, id, tick, options);
  if (state === undefined || state.tag === "ended") {
    throw new WireError("pairing_failed", state?.error ?? "the pairing was given up");
  }
  if (state.tag !== "claiming" || isOver(state)) return state;
  await advance2(context, id, { tag: "cancelled" }, options);
  throw problem ?? new WireError("pairing_failed", "the relay gave no place for the pairing");
}

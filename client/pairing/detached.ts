/**
 * A pairing that is only asked for here and driven by the daemon.
 * See docs/protocol/pairing.md §11.3.
 */
import { WireError } from "../../protocol/errors.ts";
import type { PairAbout } from "../../protocol/pairing/pair_state.ts";
import type { ClientContext } from "../context.ts";
import { ensureDaemon } from "../sync/ensure_daemon.ts";
import { pairExpiry } from "./pair_listing.ts";
import type { PairQueued } from "./pair_progress.ts";
import { beginRecord } from "./pair_records.ts";

/** The record is on the disk before a daemon is started, which serves what it finds. */
export async function queuePairing(
  context: ClientContext,
  about: Omit<PairAbout, "createdAt">,
): Promise<PairQueued> {
  await context.home.readIdentity();
  const record = await beginRecord(context, about);
  return {
    code_phrase: about.code,
    daemon_spawned: await startDaemon(context),
    expires_at: pairExpiry(record) ?? record.created_at,
    relay_url: about.relayUrl,
    role: about.role,
    state: "queued",
    form: "0.5.19",
  };
}

/** A daemon that does not start is no reason to forget the pairing: the next one serves it. */
export async function startDaemon(context: ClientContext): Promise<boolean> {
  try {
    return (await ensureDaemon(context)).spawned;
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    context.warn(
      `warn: could not auto-start daemon: ${error.message}; pair will queue but not advance`,
    );
    return false;
  }
}

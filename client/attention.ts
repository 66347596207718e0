/**
 * Whether a peer has been reading its mailbox: one line before a message is queued, for a person.
 * Best effort and bounded: it never fails a command. See docs/protocol/identity-and-events.md §20.
 */
import { WireError } from "../protocol/errors.ts";
import type { Handle } from "../protocol/ids.ts";
import type { SlotState } from "../protocol/schemas/relay_api.ts";
import { daemonSnapshot } from "../store/home/daemon_state.ts";
import type { ClientContext } from "./context.ts";
import { peerRoutes } from "./sync/routes.ts";

/** A mailbox read within this time is being looked after. */
export const ATTENTIVE_S = 300;
/** How long a `send` may wait for the answer, from its start. */
export const ATTENTION_DEADLINE_MS = 1_000;

export type Attention =
  | { readonly status: "never_pulled" }
  | { readonly status: "ok" | "stale"; readonly ageSeconds: number };

/** @param nowMs by our clock, which may differ from the relay's: an age is never negative */
export function attentionOf(state: SlotState, nowMs: number): Attention {
  if (state.last_pull_at_unix === null) return { status: "never_pulled" };
  const ageSeconds = Math.max(0, Math.floor(nowMs / 1000) - state.last_pull_at_unix);
  return { status: ageSeconds <= ATTENTIVE_S ? "ok" : "stale", ageSeconds };
}

/** Who waits for a note, and may stop waiting. */
export interface NoteOptions {
  readonly signal: AbortSignal;
}

/**
 * A line for a person if the peer seems not to read, if its mailbox is unknown or waits for consent, or
 * if relay.json is broken. With a daemon on this home nothing is asked:
 * `send` must not wait for the network then, and `status --peer` tells the same.
 * @returns undefined when there is nothing to say, or nothing could be found out in time
 */
export async function attentionNote(
  context: ClientContext,
  peer: Handle,
  { signal }: NoteOptions,
): Promise<string | undefined> {
  try {
    const { home, platform: { clock } } = context;
    const relayState = await home.readRelayState();
    const routes = peerRoutes(relayState, peer);
    if (routes.tag === "none") {
      const { handle: own } = await home.readIdentity();
      const { whyNoMailbox } = await import("./no_mailbox.ts");
      const why = whyNoMailbox(relayState, peer, { own, now: clock.now() });
      const next = why?.next === undefined ? "" : `; ${why.next}`;
      return `the message waits: ${why?.reason ?? routes.reason}${next}`;
    }
    const [route] = routes.routes;
    if (route === undefined || (await daemonSnapshot(home)).running) return undefined;
    const relay = context.relay(route.relayUrl);
    const deadline = AbortSignal.any([clock.timeout(ATTENTION_DEADLINE_MS), signal]);
    const state = await relay.slotState(route.slotId, route.slotToken, deadline);
    return noteOn(peer, attentionOf(state, clock.now()));
  } catch (error) {
    // Nothing will be delivered until that file is mended: the one thing worth saying.
    if (error instanceof WireError && error.code === "unreadable") return error.message;
    // A note that cannot be had is no failure; the message is queued all the same.
    if (error instanceof WireError || signal.aborted) return undefined;
    throw error;
  }
}

function noteOn(peer: Handle, attention: Attention): string | undefined {
  switch (attention.status) {
    case "ok":
      return undefined;
    case "never_pulled":
      return `phyllis: ${peer}'s line is silent — ` +
        "the relay has seen nobody read that mailbox since it started";
    case "stale": {
      const minutes = Math.floor(attention.ageSeconds / 60);
      return `phyllis: ${peer} hasn't picked up in ${minutes}m — the message waits in the mailbox`;
    }
  }
}

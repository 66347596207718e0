/** What `wire status --peer` says of a peer's mailbox. See docs/protocol/cli.md §4. */
import { z } from "zod";
import { WireError } from "../protocol/errors.ts";
import type { Handle } from "../protocol/ids.ts";
import { ResponderHealth, type SlotState } from "../protocol/schemas/relay_api.ts";
import { attentionOf } from "./attention.ts";
import type { ClientContext } from "./context.ts";
import { refusedEndpoint } from "./endpoints/check_endpoint.ts";
import { peerRoutes, type Route, unusedRoutes } from "./sync/routes.ts";

const Transport = z.object({
  status: z.enum(["ok", "error"]),
  relay_url: z.string(),
  latency_ms: z.int(),
  /** Why it is an error. */
  error: z.string().optional(),
});

const AttentionReport = z.object({
  status: z.enum(["ok", "stale", "never_pulled", "unknown"]),
  last_pull_at_unix: z.int().nullable(),
  age_seconds: z.int().optional(),
  event_count: z.int(),
});

export const PeerStatus = z.object({
  attention: AttentionReport,
  peer: z.string(),
  responder: z.object({
    /** The record's own, `not_reported`, or `unknown`. Any holder of the token can write it. */
    status: z.string(),
    record: ResponderHealth.nullable(),
  }),
  transport: Transport,
});
export type PeerStatus = z.output<typeof PeerStatus>;

/**
 * A relay that does not answer is part of the report, not a failure.
 * @throws {WireError} not_found, for a peer without a mailbox; refused, if it is not called without
 * the operator's consent; unreadable
 */
export async function statusOfPeer(context: ClientContext, peer: Handle): Promise<PeerStatus> {
  const state = await context.home.readRelayState();
  const found = peerRoutes(state, peer);
  const route = found.tag === "routes" ? found.routes[0] : undefined;
  if (route === undefined) {
    const [unused] = unusedRoutes(state, peer);
    if (unused !== undefined) throw refusedEndpoint(unused, `Cannot ask the mailbox of ${peer}`);
    const why = Object.hasOwn(state.peers, peer) ? ": it has not answered yet" : "";
    throw new WireError("not_found", `unknown peer ${peer}${why}`, {
      hint: "wire peers lists the pinned ones",
    });
  }
  const transport = await reach(context, route);
  const slot = transport.status === "ok" ? await slotOf(context, route) : undefined;
  return { peer, transport, ...reportOn(slot, context.platform.clock.now()) };
}

async function reach(context: ClientContext, route: Route): Promise<PeerStatus["transport"]> {
  const { clock } = context.platform;
  const start = clock.monotonic();
  try {
    const { latencyMs } = await context.relay(route.relayUrl).health();
    return { status: "ok", relay_url: route.shownUrl, latency_ms: latencyMs };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const latencyMs = Math.round(clock.monotonic() - start);
    return {
      status: "error",
      relay_url: route.shownUrl,
      latency_ms: latencyMs,
      error: error.message,
    };
  }
}

/** Undefined when the relay does not tell, whatever the reason. */
async function slotOf(context: ClientContext, route: Route): Promise<SlotState | undefined> {
  try {
    return await context.relay(route.relayUrl).slotState(route.slotId, route.slotToken);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    context.warn(error.message);
    return undefined;
  }
}

function reportOn(
  slot: SlotState | undefined,
  nowMs: number,
): Pick<PeerStatus, "attention" | "responder"> {
  if (slot === undefined) {
    return {
      attention: { status: "unknown", last_pull_at_unix: null, event_count: 0 },
      responder: { status: "unknown", record: null },
    };
  }
  const attention = attentionOf(slot, nowMs);
  const age = attention.status === "never_pulled" ? {} : { age_seconds: attention.ageSeconds };
  const record = slot.responder_health;
  return {
    attention: {
      status: attention.status,
      last_pull_at_unix: slot.last_pull_at_unix,
      ...age,
      event_count: slot.event_count,
    },
    responder: { status: record?.status ?? "not_reported", record },
  };
}

/**
 * Every route, on one screen: docs/protocol/relay.md §4. All of them also exist with `--local-only`,
 * which leaves out only the directory and its pages.
 */
import type { Route } from "./route.ts";
import { allocate } from "./routes/allocate.ts";
import { healthz } from "./routes/healthz.ts";
import { listEvents } from "./routes/list_events.ts";
import { pairAbandon } from "./routes/pair_abandon.ts";
import { pairBootstrap } from "./routes/pair_bootstrap.ts";
import { pairGet } from "./routes/pair_get.ts";
import { pairOpen } from "./routes/pair_open.ts";
import { postEvent } from "./routes/post_event.ts";
import { relayInfo } from "./routes/relay_info.ts";
import { responderHealth } from "./routes/responder_health.ts";
import { slotState } from "./routes/slot_state.ts";
import { streamEvents } from "./routes/stream_events.ts";

export const ROUTES: readonly Route[] = [
  healthz,
  relayInfo,
  allocate,
  postEvent,
  listEvents,
  streamEvents,
  slotState,
  responderHealth,
  pairOpen,
  pairAbandon, // a literal path: before the one with a parameter
  pairGet,
  pairBootstrap,
];

/**
 * Every route, on one screen: docs/protocol/relay.md §4. `--local-only` leaves out what shows the
 * directory to everybody.
 */
import type { Route } from "./route.ts";
import { allocate } from "./routes/allocate.ts";
import { claim } from "./routes/claim.ts";
import { changeGrant, revokeGrant } from "./routes/grant.ts";
import { createGrant, listGrants } from "./routes/grants.ts";
import { handles } from "./routes/handles.ts";
import { healthz } from "./routes/healthz.ts";
import { intro } from "./routes/intro.ts";
import { inviteRegister } from "./routes/invite_register.ts";
import { listEvents } from "./routes/list_events.ts";
import { pair2Guest, pair2Host } from "./routes/pair2_claim.ts";
import { pair2Close, pair2Look, pair2Put, pair2Reopen } from "./routes/pair2_meeting.ts";
import { openApi } from "./routes/openapi.ts";
import { favicon, landing, phonebook, phonebookHtml } from "./routes/pages.ts";
import { pairAbandon } from "./routes/pair_abandon.ts";
import { pairBootstrap } from "./routes/pair_bootstrap.ts";
import { pairGet } from "./routes/pair_get.ts";
import { pairOpen } from "./routes/pair_open.ts";
import { postEvent } from "./routes/post_event.ts";
import { readyz } from "./routes/readyz.ts";
import { relayInfo } from "./routes/relay_info.ts";
import { responderHealth } from "./routes/responder_health.ts";
import { retireSlot } from "./routes/retire_slot.ts";
import { shortInvite } from "./routes/short_invite.ts";
import { slotState } from "./routes/slot_state.ts";
import { stats, statsHistory, statsHtml, statsJson } from "./routes/stats.ts";
import { streamEvents } from "./routes/stream_events.ts";
import { socket } from "./routes/socket.ts";
import { unclaim } from "./routes/unclaim.ts";
import { wellKnownAgent } from "./routes/well_known_agent.ts";
import { wellKnownCard } from "./routes/well_known_card.ts";

/** Those of a relay for one machine, too. */
export const LOCAL_ROUTES: readonly Route[] = [
  healthz,
  readyz,
  relayInfo,
  openApi,
  allocate,
  postEvent,
  listEvents,
  streamEvents,
  socket,
  slotState,
  responderHealth,
  createGrant,
  listGrants,
  changeGrant,
  revokeGrant,
  retireSlot,
  intro,
  pairOpen,
  pairAbandon, // a literal path: before the one with a parameter
  pairGet,
  pairBootstrap,
  pair2Host,
  pair2Guest,
  pair2Look,
  pair2Close,
  pair2Put,
  pair2Reopen,
  claim,
  unclaim,
];

export const ROUTES: readonly Route[] = [
  ...LOCAL_ROUTES,
  wellKnownAgent,
  wellKnownCard,
  handles,
  inviteRegister,
  shortInvite,
  stats,
  statsJson,
  statsHtml,
  statsHistory,
  landing,
  phonebook,
  phonebookHtml,
  favicon,
];

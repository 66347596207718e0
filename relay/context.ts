/** What routes work with. */
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { Random } from "../platform/random.ts";
import type { SlotId } from "../protocol/ids.ts";
import type { Directory } from "../store/directory/directory.ts";
import type { SlotStore } from "../store/slots/slot_store.ts";
import type { EventStreams } from "./event_streams.ts";
import type { GrantLimiter } from "./grant_limiter.ts";
import type { Hub } from "./hub.ts";
import type { IntroLimiter } from "./intro_limiter.ts";
import type { RelayMetrics } from "./metrics.ts";
import type { RelayLimits } from "./options.ts";
import type { Readiness } from "./readiness.ts";
import type { Receipts } from "./receipts.ts";
import type { Route } from "./route.ts";
import type { StatsKeeper } from "./stats.ts";
import type { Pair2Slots } from "./pair2_slots.ts";
import type { PairSlots } from "./pair_slots.ts";

export interface RelayContext {
  readonly store: SlotStore;
  readonly directory: Directory;
  readonly hub: Hub;
  readonly streams: EventStreams;
  readonly pairs: PairSlots;
  readonly pairs2: Pair2Slots;
  readonly grantLimiter: GrantLimiter;
  readonly introLimiter: IntroLimiter;
  /** Unix seconds of the last page read; lost at a restart, as the reference's. */
  readonly lastPulls: Map<SlotId, number>;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: RelayLimits;
  readonly log: Log;
  readonly metrics: RelayMetrics;
  readonly readiness: Readiness;
  readonly receipts: Receipts;
  readonly stats: StatsKeeper;
  /** Those that this relay answers. */
  readonly routes: readonly Route[];
}

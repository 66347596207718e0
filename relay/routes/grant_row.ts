/** A grant as its owner sees it. See docs/protocol/extensions.md §2. */
import type { EpochMs } from "../../protocol/ids.ts";
import type { GrantLimitsRequest, GrantRow } from "../../protocol/schemas/relay_api.ts";
import { instantMs } from "../../protocol/text/instant.ts";
import type { Grant, GrantLimits } from "../../store/slots/grant.ts";
import type { RelayLimits } from "../options.ts";

/** All that a grant can do. */
export const CAN = ["post"];

const MAX_EVENTS_PER_HOUR = 3_600;
const MAX_BYTES = 16 * 1024 * 1024;

/** Limits that are not asked for. */
export const defaultLimits = ({ maxEventBytes }: RelayLimits): GrantLimits => ({
  maxEventBytes,
  maxEventsPerHour: MAX_EVENTS_PER_HOUR,
  maxBytes: MAX_BYTES,
  expiresAt: null,
});

/** What a request asks to be other; `expires_at: null` takes an expiry away. */
export function changeOf(
  { max_event_bytes, max_events_per_hour, max_bytes, expires_at }: GrantLimitsRequest,
  limits: RelayLimits,
): Partial<GrantLimits> {
  return {
    ...(typeof max_event_bytes === "number"
      ? { maxEventBytes: Math.min(max_event_bytes, limits.maxEventBytes) }
      : {}),
    ...(typeof max_events_per_hour === "number" ? { maxEventsPerHour: max_events_per_hour } : {}),
    ...(typeof max_bytes === "number" ? { maxBytes: max_bytes } : {}),
    ...(expires_at === undefined ? {} : { expiresAt: instantMs(expires_at ?? undefined) ?? null }),
  };
}

export const rowOf = (grant: Grant): GrantRow => ({
  bytes: grant.bytes,
  can: CAN,
  created_at: timeText(grant.createdAt),
  events: grant.events,
  grant_id: grant.id,
  label: grant.label,
  last_used_at: grant.lastUsedAt === null ? null : timeText(grant.lastUsedAt),
  limits: {
    expires_at: grant.limits.expiresAt === null ? null : timeText(grant.limits.expiresAt),
    max_bytes: grant.limits.maxBytes,
    max_event_bytes: grant.limits.maxEventBytes,
    max_events_per_hour: grant.limits.maxEventsPerHour,
  },
  revoked_at: grant.revokedAt === null ? null : timeText(grant.revokedAt),
});

const timeText = (ms: EpochMs): string => Temporal.Instant.fromEpochMilliseconds(ms).toString();

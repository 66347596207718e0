import type { RelayInfo } from "../../protocol/schemas/relay_api.ts";
import { MAX_BATCH } from "../../protocol/schemas/ws_frames.ts";
import { VERSION } from "../../protocol/version.ts";
import { json } from "../exchange.ts";
import { FEATURES } from "../features.ts";
import { noBody, noQuery } from "../read.ts";
import { publicRoute, type Route } from "../route.ts";

/** docs/protocol/extensions.md §1. */
export const relayInfo: Route = publicRoute({
  method: "GET",
  path: "/v1/relay",
  query: noQuery,
  body: noBody,
  run: async ({ limits, receipts }) =>
    json(
      200,
      {
        features: [...FEATURES],
        limits: {
          max_batch: MAX_BATCH,
          max_event_bytes: limits.maxEventBytes,
          max_frame_bytes: limits.maxFrameBytes,
          max_slot_bytes: limits.maxSlotBytes,
          retention_days: limits.retentionDays,
        },
        name: "wire",
        protocol: "wire/0.5",
        relay_key: await receipts.keyText(),
        version: VERSION,
      } satisfies RelayInfo,
      { "cache-control": "public, max-age=60" },
    ),
});

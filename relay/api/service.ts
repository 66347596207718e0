/** What a relay says of itself: docs/protocol/relay.md §5.1, §5.15 and §5.16. */
import { z } from "zod";
import { RelayInfo } from "../../protocol/schemas/relay_api.ts";
import { HistoryRow } from "../../store/stats/history.ts";
import { RelayStats } from "../stats.ts";
import { count, type Descriptions, hours, page } from "./description.ts";

const stats = {
  events_posted_total: 1_204,
  handle_claims_total: 9,
  handle_first_claims_total: 8,
  handles_active: 8,
  pair_opens_total: 12,
  pair_slots_open: 0,
  slot_allocations_total: 20,
  slots_active: 20,
  streams_active: 6,
};
const now = { schema: RelayStats, example: { ...stats, uptime_seconds: 86_400, version: "0.1.0" } };
const text = "text/plain; charset=utf-8";

export const SERVICE: Descriptions = {
  "GET /healthz": {
    operationId: "healthz",
    summary: "That it runs; a header names its features",
    replies: { 200: { about: "`ok`", type: text, example: "ok\n" } },
  },
  "GET /readyz": {
    operationId: "readyz",
    summary: "Whether it should be sent requests: its store answers, and it is not stopping",
    replies: { 200: { about: "`ready`", type: text, example: "ready\n" } },
  },
  "GET /v1/relay": {
    operationId: "relayInfo",
    summary: "Version, features and limits",
    replies: {
      200: {
        about: "Good for a minute",
        schema: RelayInfo,
        example: {
          features: ["grants", "ws", "receipts", "retention", "pair2"],
          limits: {
            max_batch: 256,
            max_event_bytes: 262_144,
            max_frame_bytes: 1_048_576,
            max_slot_bytes: 67_108_864,
            retention_days: null,
          },
          name: "wire",
          protocol: "wire/0.5",
          relay_key: "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
          version: "0.1.0",
        },
      },
    },
  },
  "GET /openapi.json": {
    operationId: "openapi",
    summary: "This document",
    replies: {
      200: {
        about: "OpenAPI 3.1",
        schema: z.looseObject({ openapi: z.string(), paths: z.looseObject({}) }),
      },
    },
  },
  "GET /stats": {
    operationId: "stats",
    summary: "Statistics: JSON, or a page for browsers",
    query: { hours },
    replies: { 200: { about: "Counts", ...now } },
  },
  "GET /stats.json": {
    operationId: "statsJson",
    summary: "Statistics now",
    replies: { 200: { about: "Counts", ...now } },
  },
  "GET /stats.html": {
    operationId: "statsHtml",
    summary: "Statistics now and over time, as a page",
    query: { hours },
    replies: { 200: page("Plots") },
  },
  "GET /stats.history": {
    operationId: "statsHistory",
    summary: "Statistics over time, a row a minute",
    query: { hours },
    replies: {
      200: {
        about: "Oldest first",
        schema: z.looseObject({
          count,
          entries: z.array(HistoryRow),
          hours: count,
          now_unix: count,
        }),
        example: {
          count: 1,
          entries: [{ ...stats, ts: 1_795_237_200 }],
          hours: 24,
          now_unix: 1_795_237_230,
        },
      },
    },
  },
  "GET /": {
    operationId: "landing",
    summary: "What this relay is, as a page",
    replies: { 200: page("The landing page") },
  },
  "GET /favicon.svg": {
    operationId: "favicon",
    summary: "Its sign",
    replies: { 200: { about: "An image", type: "image/svg+xml" } },
  },
};

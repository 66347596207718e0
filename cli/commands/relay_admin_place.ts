/** Which relay's store an operator means: what all `wire relay-admin` commands share. */
import { z } from "zod";
import type { ClientContext } from "../../client/context.ts";
import { homePaths } from "../../platform/paths.ts";
import type { AdminPlace } from "../../store/admin/admin_store.ts";
import { type Option, text } from "../options.ts";

export const PlaceInput = z.object({
  data: z.string().min(1).optional(),
  kv: z.string().min(1).optional(),
});

export const PLACE_OPTIONS: Readonly<Record<"data" | "kv", Option>> = {
  data: text("dir", "the relay's data directory (the state directory's wire-relay)"),
  kv: text("url", "a KV Connect server instead; token in DENO_KV_ACCESS_TOKEN"),
};

export const placeOf = (
  { platform }: ClientContext,
  { data, kv }: z.output<typeof PlaceInput>,
): AdminPlace => ({
  data: data ?? homePaths(platform.env).relayRoot({ localOnly: false }),
  kv,
});

/** `12.3 MiB` */
export function humanBytes(bytes: number): string {
  let value = bytes;
  for (const unit of ["B", "KiB", "MiB", "GiB"]) {
    if (value < 1_024) return `${unit === "B" ? value : value.toFixed(1)} ${unit}`;
    value /= 1_024;
  }
  return `${value.toFixed(1)} TiB`;
}

/** RFC 3339, whole seconds. */
export const timeOf = (ms: number): string =>
  Temporal.Instant.fromEpochMilliseconds(Math.floor(ms / 1_000) * 1_000).toString();

/** Numbers, sizes and times as people read them; the same for everybody, in UTC. */
import type { EpochMs } from "../../protocol/ids.ts";

/** `1,234,567`. */
export const grouped = (value: number): string =>
  String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, ",");

/** As an axis says it: `0`, `950`, `1.2k`, `3M`. */
export function short(value: number): string {
  const units = [[1e9, "G"], [1e6, "M"], [1e3, "k"]] as const;
  for (const [size, unit] of units) {
    if (value >= size) return `${Number((value / size).toPrecision(3))}${unit}`;
  }
  return String(Number(value.toPrecision(3)));
}

/** `256 KiB`. */
export function bytes(value: number): string {
  const units = [[1024 ** 3, "GiB"], [1024 ** 2, "MiB"], [1024, "KiB"]] as const;
  for (const [size, unit] of units) {
    if (value >= size) return `${Number((value / size).toPrecision(3))} ${unit}`;
  }
  return `${value} bytes`;
}

/** `3 days`, `1 hour`. @param seconds at least 0 */
export function duration(seconds: number): string {
  const units = [[86_400, "day"], [3_600, "hour"], [60, "minute"]] as const;
  for (const [size, unit] of units) {
    const count = Math.floor(seconds / size);
    if (count >= 1) return `${count} ${unit}${count === 1 ? "" : "s"}`;
  }
  return "less than a minute";
}

const instant = (unix: number): string =>
  Temporal.Instant.fromEpochMilliseconds(unix * 1000).toString();

/** `2026-11-21`. */
export const day = (ms: EpochMs): string => instant(Math.floor(ms / 1000)).slice(0, 10);
/** `11-21 14:15`. */
export const dayAndTime = (unix: number): string => instant(unix).slice(5, 16).replace("T", " ");
/** For `<time datetime>`. */
export const machineTime = (unix: number): string => instant(unix);

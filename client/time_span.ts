/** What may be typed as the beginning of a span of time that ends now. Pure. */
import { WireError } from "../protocol/errors.ts";
import type { EpochMs } from "../protocol/ids.ts";
import { quote } from "../protocol/json/quote.ts";
import { instantMs } from "../protocol/text/instant.ts";

const UNIT_MS: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * @param text `30m`, `2h`, `7d`, `2w` ago; a day, `2026-11-01`, from its beginning in UTC; or RFC 3339
 * @throws {WireError} usage
 */
export function sinceTime(text: string, nowMs: EpochMs): EpochMs {
  const [, amount, unit = ""] = text.match(/^(\d{1,6})([mhdw])$/) ?? [];
  if (amount !== undefined) return nowMs - Number(amount) * (UNIT_MS[unit] ?? 0);
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const instant = instantMs(isDay ? `${text}T00:00:00Z` : text);
  if (instant !== undefined) return instant;
  throw new WireError(
    "usage",
    `Cannot use ${quote(text)} as a time: expected 30m, 2h, 7d, 2w, 2026-11-01, or RFC 3339`,
  );
}

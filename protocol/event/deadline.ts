/** What may be typed as a deadline. See docs/protocol/identity-and-events.md §7.3. */
import { WireError } from "../errors.ts";
import { quote } from "../json/quote.ts";
import { isRfc3339 } from "./rfc3339.ts";

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);
const I64_LIMIT = 2 ** 63;
/** The last millisecond that RFC 3339 can write: the end of year 9999. */
const LAST_MS = 253_402_300_799_999;

/**
 * @param text an RFC 3339 timestamp, kept as it is but for surrounding blanks, or a span from now:
 * `30m`, `2h`, `1d`
 * @param nowMs milliseconds since 1970
 * @returns RFC 3339, in UTC for a span
 * @throws {WireError} usage, with the reference's texts
 */
export function parseDeadline(text: string, nowMs: number): string {
  const trimmed = text.trim();
  if (isRfc3339(trimmed)) return trimmed;
  const amount = trimmed.slice(0, -1);
  if (!/^[+-]?[0-9]+$/.test(amount) || Math.abs(Number(amount)) >= I64_LIMIT) {
    throw new WireError(
      "usage",
      `deadline must be \`30m\`, \`2h\`, \`1d\`, or RFC3339: ${quote(trimmed)}`,
    );
  }
  if (Number(amount) <= 0) {
    throw new WireError("usage", `deadline duration must be positive: ${quote(trimmed)}`);
  }
  const unit = UNIT_MS.get(trimmed.slice(-1));
  if (unit === undefined) {
    throw new WireError(
      "usage",
      `deadline must end in m, h, d, or be RFC3339: ${quote(trimmed)}`,
    );
  }
  const deadlineMs = nowMs + Number(amount) * unit;
  if (deadlineMs > LAST_MS) {
    throw new WireError("usage", `deadline is too far away: ${quote(trimmed)}`);
  }
  return Temporal.Instant.fromEpochMilliseconds(Math.floor(deadlineMs)).toString();
}

/** Records of the quarantine by what people type: the first digits of their key, or of an event id. */
import { WireError } from "../../protocol/errors.ts";
import { quote } from "../../protocol/json/quote.ts";
import type { KeyedRecord } from "../../store/mail/quarantine.ts";

/** What `bytesKey` puts before the digits; nobody needs to type it. */
const PREFIX = "bytes-";
const FEWEST_DIGITS = 4;

/** @throws {WireError} usage (too short, or it fits several); not_found */
export function findRecord(records: readonly KeyedRecord[], typed: string): KeyedRecord {
  const digits = typed.startsWith(PREFIX) ? typed.slice(PREFIX.length) : typed;
  if (digits.length < FEWEST_DIGITS || !/^[0-9a-f]+$/.test(digits)) {
    throw new WireError(
      "usage",
      `Cannot use ${quote(typed)}: expected at least ${FEWEST_DIGITS} digits of a key`,
      { hint: "keys: wire quarantine list" },
    );
  }
  const byKey = records.filter(({ key }) => shortKey(key).startsWith(digits));
  // An id is the sender's claim: several records may carry the same one.
  const found = byKey.length > 0
    ? byKey
    : records.filter(({ record }) => record.event_id.startsWith(digits));
  const [only, ...more] = found;
  if (only === undefined) {
    throw new WireError("not_found", `nothing in quarantine begins with ${quote(typed)}`, {
      hint: "keys: wire quarantine list",
    });
  }
  if (more.length > 0) {
    throw new WireError("usage", `${quote(typed)} fits ${found.length} records: type more digits`);
  }
  return only;
}

/** The digits alone. */
export const shortKey = (key: string): string =>
  key.startsWith(PREFIX) ? key.slice(PREFIX.length) : key;

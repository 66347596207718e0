import assert from "node:assert/strict";
import { WireError } from "../errors.ts";
import { parseDeadline } from "./deadline.ts";
import { isRfc3339 } from "./rfc3339.ts";

const now = Date.parse("2026-02-28T23:30:00.250Z");

Deno.test("spans count from now, in UTC, without trailing zeros", () => {
  assert.equal(parseDeadline("30m", now), "2026-03-01T00:00:00.25Z");
  assert.equal(parseDeadline(" 2h ", now), "2026-03-01T01:30:00.25Z");
  assert.equal(parseDeadline("+1d", now - 250), "2026-03-01T23:30:00Z");
});

Deno.test("a timestamp is kept as it was typed, trimmed", () => {
  for (
    const text of [
      "2026-05-09T01:00:00Z",
      "2026-05-09T01:00:00.123456789+02:00",
      "2024-02-29t00:00:00z",
    ]
  ) {
    assert.equal(parseDeadline(` ${text}\n`, now), text);
    assert.ok(isRfc3339(text));
  }
});

Deno.test("anything else is refused with the reference's texts", () => {
  const must = "deadline must be `30m`, `2h`, `1d`, or RFC3339:";
  const expected: Record<string, string> = {
    "": `${must} ""`,
    soon: `${must} "soon"`,
    h: `${must} "h"`,
    "1.5h": `${must} "1.5h"`,
    "9223372036854775808m": `${must} "9223372036854775808m"`,
    "0h": 'deadline duration must be positive: "0h"',
    "-5m": 'deadline duration must be positive: "-5m"',
    "5s": 'deadline must end in m, h, d, or be RFC3339: "5s"',
    "5H": 'deadline must end in m, h, d, or be RFC3339: "5H"',
    "99999999d": 'deadline is too far away: "99999999d"',
  };
  for (const [text, message] of Object.entries(expected)) {
    assert.throws(() => parseDeadline(text, now), { message, code: "usage" });
    assert.throws(() => parseDeadline(text, now), WireError);
  }
});

Deno.test("impossible dates and times are no timestamps", () => {
  for (
    const text of [
      "2026-02-29T00:00:00Z",
      "2026-13-01T00:00:00Z",
      "2026-04-31T00:00:00Z",
      "2026-01-00T00:00:00Z",
      "2026-01-01T24:00:00Z",
      "2026-01-01T00:60:00Z",
      "2026-01-01T00:00:61Z",
      "2026-01-01T00:00:00",
      "2026-01-01T00:00:00.Z",
      "2026-01-01T00:00:00+24:00",
      "1900-02-29T00:00:00Z",
      "2026-01-01",
      "",
    ]
  ) {
    assert.ok(!isRfc3339(text), text);
  }
  assert.ok(isRfc3339("2000-02-29T23:59:60Z"));
});

import assert from "node:assert/strict";
import { FakeClock } from "../platform/fake/clock.ts";
import { type LogFormat, operatorLog } from "./operator_log.ts";

function written(format: LogFormat, least?: string): string[] {
  const lines: string[] = [];
  const clock = new FakeClock("2026-01-01T00:00:00Z");
  const log = operatorLog({ format, least, clock, write: (line) => void lines.push(line) });
  log.debug("d");
  log.info("listening", { at: "mine", port: 8770, path: "/i/<token>", text: "a b\nc" });
  log.error("request failed", { slot_token: "x", text: "f".repeat(64) });
  return lines;
}

Deno.test("relay log: JSON is one object a line, in which data cannot pose as the line's own", () => {
  const lines = written("json");
  assert.deepEqual(lines.map((line) => JSON.parse(line)), [
    {
      at: "2026-01-01T00:00:00Z",
      level: "info",
      message: "listening",
      port: 8770,
      path: "/i/<token>",
      text: "a b\nc",
    },
    {
      at: JSON.parse(lines[1] ?? "").at,
      level: "error",
      message: "request failed",
      slot_token: "[redacted]",
      text: "[redacted]",
    },
  ]);
});

Deno.test("relay log: words for people stay on one line", () => {
  assert.equal(
    written("text")[0],
    '2026-01-01T00:00:00Z info listening port=8770 path=/i/<token> text="a b\\nc"\n',
  );
});

Deno.test("relay log: WIRE_LOG names the least level, info unless it does", () => {
  assert.equal(written("json", "debug").length, 3);
  assert.equal(written("json", "ERROR").length, 1);
  assert.equal(written("json", "whatever").length, 2);
  assert.equal(written("off", "debug").length, 0);
});

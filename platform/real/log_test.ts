import assert from "node:assert/strict";
import { FakeClock } from "../fake/clock.ts";
import { FakeEnv } from "../fake/env.ts";
import { RealLog } from "./log.ts";

function lines(asked: string | undefined): string[] {
  const written: string[] = [];
  const log = new RealLog({
    env: new FakeEnv({ variables: asked === undefined ? {} : { WIRE_LOG: asked } }),
    clock: new FakeClock("2026-01-01T00:00:00Z"),
    write: (line) => void written.push(line),
  });
  log.debug("d");
  log.info("i", { peer: "bob", slot_token: "secret" });
  log.warn("w");
  log.error("e");
  return written;
}

Deno.test("log: silent unless WIRE_LOG is set", () => {
  assert.deepEqual(lines(undefined), []);
  assert.deepEqual(lines(""), []);
});

Deno.test("log: WIRE_LOG names the least level; anything else means info", () => {
  const shown = { debug: 4, info: 3, warn: 2, error: 1, "1": 3, ERROR: 1 };
  for (const [level, count] of Object.entries(shown)) {
    assert.equal(lines(level).length, count, level);
  }
});

Deno.test("log: each line is JSON with time, level, message and data without secrets", () => {
  const [line = ""] = lines("info");
  assert.equal(
    line,
    '{"at":"2026-01-01T00:00:00Z","level":"info","message":"i","data":{"peer":"bob","slot_token":"[redacted]"}}\n',
  );
});

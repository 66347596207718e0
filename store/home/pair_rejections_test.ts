import assert from "node:assert/strict";
import { FakeEnv } from "../../platform/fake/env.ts";
import { fakePlatform } from "../../platform/fake/platform.ts";
import { Crash, FaultFiles } from "../../platform/fault_files.ts";
import { openHome } from "./home.ts";
import { MAX_PAIR_REJECTIONS_BYTES, recordPairRejection } from "./pair_rejections.ts";

const FILE = "/h/state/wire/pair-rejected.jsonl";
const fresh = () => fakePlatform({ env: new FakeEnv({ variables: { WIRE_HOME: "/h" } }) });
const about = (peer: string) => ({ code: "pair_drop_consume_failed", detail: "why", peer });

Deno.test("pair-rejected.jsonl is written as 0.5.19 writes it, closed to others, and stops growing", async () => {
  const platform = fresh();
  const home = openHome(platform);
  await recordPairRejection(home, about("bob"));
  await recordPairRejection(home, about("../bob\u001b[2J"));
  const ts = Math.floor(platform.clock.now() / 1000);
  assert.equal(
    await platform.files.readText(FILE),
    `{"code":"pair_drop_consume_failed","detail":"why","peer":"bob","ts":${ts}}\n` +
      `{"code":"pair_drop_consume_failed","detail":"why","peer":"<unknown>","ts":${ts}}\n`,
  );
  assert.equal((await platform.files.stat(FILE))?.mode, 0o600);
  await platform.files.append(FILE, "x".repeat(MAX_PAIR_REJECTIONS_BYTES), { point: "test" });
  const { size } = await platform.files.stat(FILE) ?? {};
  await recordPairRejection(home, about("bob"));
  assert.equal((await platform.files.stat(FILE))?.size, size);
});

Deno.test("P1: killed at home.pair_rejected, the line is there or not, and the other is", async () => {
  for (const moment of ["before", "after"] as const) {
    const platform = fresh();
    await recordPairRejection(openHome(platform), about("one"));
    const files = new FaultFiles(platform.files).crashAt({ point: "home.pair_rejected" }, moment);
    const dying = openHome({ ...platform, files });
    await assert.rejects(recordPairRejection(dying, about("two")), Crash);
    const lines = (await platform.files.readText(FILE) ?? "").trimEnd().split("\n");
    assert.equal(lines.length, moment === "after" ? 2 : 1);
  }
});

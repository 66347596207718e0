import assert from "node:assert/strict";
import { FakeEnv } from "../../platform/fake/env.ts";
import { fakePlatform } from "../../platform/fake/platform.ts";
import { FaultFiles } from "../../platform/fault_files.ts";
import { Trace } from "./trace.ts";

const PATH = "/s/diag.jsonl";

function fresh(variables: Record<string, string> = {}) {
  const platform = fakePlatform({ env: new FakeEnv({ variables }) });
  const trace = new Trace(platform, "/s", { maxBytes: 1_000 });
  return { platform, trace };
}

Deno.test("a trace is on by its knob or by WIRE_DIAG, asked at every entry, and its lines are those of 0.5.19", async () => {
  const { platform: { files }, trace } = fresh();
  await trace.add("pull", { events_in: 1 });
  assert.equal(files.texts()[PATH], undefined);
  await trace.enable();
  await trace.enable();
  assert.equal(files.texts()["/s/diag.enabled"], "1");
  await trace.add("pull", { events_in: 2 });
  const line = files.texts()[PATH] ?? "";
  assert.match(
    line,
    /^\{"payload":\{"events_in":2\},"pid":\d+,"ts":\d+,"type":"pull","version":"[^"]+"\}\n$/,
  );
  await trace.disable();
  await trace.disable();
  assert.ok(!await trace.isEnabled());
  for (const [value, isOn] of [["", false], ["0", true]] as const) {
    assert.equal(await fresh({ WIRE_DIAG: value }).trace.isEnabled(), isOn);
  }
});

Deno.test("P8: a trace is two files of bounded size, and the last entries come from both", async () => {
  const { platform: { files }, trace } = fresh();
  await trace.enable();
  for (let n = 0; n < 100; n++) await trace.add("pull", { n });
  for (const file of [PATH, `${PATH}.1`]) assert.ok((await files.stat(file))?.size ?? 0 < 1_200);
  const last = await trace.last(12);
  assert.deepEqual(last.map(({ payload }) => payload["n"]), [
    ...Array.from({ length: 12 }, (_, index) => 88 + index),
  ]);
});

Deno.test("P5: secrets that somebody wrote into the trace are not shown, and lines that are none are passed over", async () => {
  const { platform: { files }, trace } = fresh();
  const token = "5".repeat(64);
  const id = "a".repeat(64);
  const lines = [
    { payload: { slot_token: "t0k3n", note: `bearer ${token}`, x: token, sas: "123456" } },
    { payload: { advance_to: id } },
  ].map((line) => JSON.stringify({ ...line, pid: 1, ts: 1, type: "pull", version: "0.5.19" }));
  await files.ensureDirectory("/s");
  const text = ["not json", "[]", '{"payload":1}', ...lines, '{"torn'].join("\n");
  await files.writeAtomic(PATH, text + "\n", { point: "test" });
  const shown = await trace.last(10);
  assert.equal(shown.length, 2);
  const printed = JSON.stringify(shown);
  for (const secret of [token, "t0k3n", "123456"]) assert.ok(!printed.includes(secret), secret);
  assert.equal(shown[1]?.payload["advance_to"], id);
});

Deno.test("P1: killed at any write of the trace, none of the kept entries is lost and the knob is on or off", async () => {
  const points = ["diag.enable", "diag.append", "diag.keep", "diag.begin", "diag.disable"];
  for (const point of points) {
    for (const moment of ["before", "after"] as const) {
      const { platform } = fresh();
      const dying = new FaultFiles(platform.files).crashAt({ point }, moment);
      const trace = new Trace({ ...platform, files: dying }, "/s", { maxBytes: 400 });
      const act = async () => {
        await trace.enable();
        for (let n = 0; n < 8; n++) await trace.add("pull", { n });
        await trace.disable();
      };
      await assert.rejects(act(), point);
      const again = new Trace(platform, "/s", { maxBytes: 400 });
      const kept = (await again.last(100)).map(({ payload }) => Number(payload["n"]));
      const each = [...new Set(kept)].sort((a, b) => a - b);
      assert.deepEqual(each, Array.from(each, (_, index) => index), `${point} ${moment}`);
      await again.enable();
      await again.add("pull", { n: 99 });
      assert.equal((await again.last(1))[0]?.payload["n"], 99);
    }
  }
});

Deno.test("a full disk costs the trace its entry and the mail nothing", async () => {
  const { platform, trace } = fresh();
  await trace.enable();
  const full = new FaultFiles(platform.files).diskFullAt({ point: "diag.append" });
  await new Trace({ ...platform, files: full }, "/s").add("pull", {});
  assert.deepEqual(await trace.last(1), []);
});

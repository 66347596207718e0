import assert from "node:assert/strict";
import { FakeEnv } from "../../platform/fake/env.ts";
import { fakePlatform } from "../../platform/fake/platform.ts";
import { Crash, FaultFiles } from "../../platform/fault_files.ts";
import { temporaryName } from "../../platform/temporary_name.ts";
import { openHome } from "./home.ts";
import { sweepTemporaries } from "./sweep.ts";

const UUID = "01234567-89ab-cdef-0123-456789abcdef";
const RECORD = "/h/state/wire/pending-pair/11-AAAAAA.json";
const LEFT = [temporaryName(RECORD, UUID), temporaryName("/h/config/wire/relay.json", UUID)];
/** Names that only look like ours. */
const OTHERS = [RECORD, "/h/state/wire/pending-pair/.note.tmp", `/h/state/wire/${UUID}.tmp`];

async function homeWithLeftovers() {
  const platform = fakePlatform({ env: new FakeEnv({ variables: { WIRE_HOME: "/h" } }) });
  const { files, clock } = platform;
  for (const directory of ["/h/config/wire", "/h/state/wire/pending-pair"]) {
    await files.ensureDirectory(directory);
  }
  for (const file of [...LEFT, ...OTHERS]) await files.append(file, "x\n", { point: "test" });
  await clock.advance(9 * 60_000);
  return { platform, files, clock };
}

const names = (files: { texts(): Record<string, unknown> }) => Object.keys(files.texts()).sort();

Deno.test("lesson 18: a temporary file that a killed process left is swept, once it is old", async () => {
  const { platform, files, clock } = await homeWithLeftovers();
  assert.equal(await sweepTemporaries(openHome(platform)), 0, "it may still be written");
  await clock.advance(60_000);
  assert.equal(await sweepTemporaries(openHome(platform)), LEFT.length);
  assert.deepEqual(names(files), [...OTHERS].sort());
});

for (const moment of ["before", "after"] as const) {
  Deno.test(`killed ${moment} home.sweep: the next start sweeps the rest`, async () => {
    const { platform, files, clock } = await homeWithLeftovers();
    await clock.advance(60_000);
    const faulty = new FaultFiles(files);
    faulty.crashAt({ point: "home.sweep", occurrence: 1 }, moment);
    await assert.rejects(sweepTemporaries(openHome({ ...platform, files: faulty })), Crash);
    await sweepTemporaries(openHome(platform));
    assert.deepEqual(names(files), [...OTHERS].sort());
  });
}

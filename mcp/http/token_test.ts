import assert from "node:assert/strict";
import { FakeEnv } from "../../platform/fake/env.ts";
import { MemoryFiles } from "../../platform/fake/memory_files.ts";
import { fakePlatform } from "../../platform/fake/platform.ts";
import { FakeRandom } from "../../platform/fake/random.ts";
import { Crash, type CrashMoment, FaultFiles } from "../../platform/fault_files.ts";
import { openHome } from "../../store/home/home.ts";
import { bearerToken, isBearer } from "./token.ts";

const PATH = "/alice/config/wire/mcp-token";

function living(disk = new MemoryFiles()) {
  const files = new FaultFiles(disk);
  const env = new FakeEnv({ variables: { WIRE_HOME: "/alice" } });
  const home = openHome(fakePlatform({ env, files, random: new FakeRandom("alice") }));
  return { disk, files, home };
}

Deno.test("P5: the token of the HTTP face is made once, in a file that only its owner reads", async () => {
  const { home, disk } = living();
  const made = await bearerToken(home);
  assert.match(made.token, /^[0-9a-f]{64}$/);
  assert.equal(made.path, PATH);
  assert.equal((await disk.stat(PATH))?.mode, 0o600);
  assert.deepEqual(await bearerToken(living(disk).home), made);
});

Deno.test("P7: a token file that holds something else is said, and never replaced", async () => {
  const { home, disk } = living();
  await home.ensureRoots();
  await disk.writeAtomic(PATH, "letmein\n", { point: "test" });
  await assert.rejects(bearerToken(home), { code: "unreadable" });
  assert.equal(disk.texts()[PATH], "letmein\n");
});

for (const moment of ["before", "after"] satisfies CrashMoment[]) {
  Deno.test(`P5: killed ${moment} mcp.token, the next start has one token`, async () => {
    const { home, files, disk } = living();
    files.crashAt({ point: "mcp.token" }, moment);
    await assert.rejects(bearerToken(home), Crash);
    const { token } = await bearerToken(living(disk).home);
    assert.match(token, /^[0-9a-f]{64}$/);
  });
}

Deno.test("a bearer token is the whole one, in its header and nowhere else", () => {
  const token = "ab".repeat(32);
  assert.ok(isBearer(`Bearer ${token}`, token) && isBearer(`bearer ${token}`, token));
  const wrong = [null, "", token, `Bearer ${token}0`, `Bearer ${token.slice(1)}`, `Basic ${token}`];
  for (const header of wrong) assert.ok(!isBearer(header, token), String(header));
});

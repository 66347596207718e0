import assert from "node:assert/strict";
import { FakeClock } from "../platform/fake/clock.ts";
import { FakeEnv } from "../platform/fake/env.ts";
import { FakeLocalSockets } from "../platform/fake/local_sockets.ts";
import { MemoryFiles } from "../platform/fake/memory_files.ts";
import { FakeRandom } from "../platform/fake/random.ts";
import { type CrashMoment, FaultFiles } from "../platform/fault_files.ts";
import { findServer, isToken, newToken, publish, withdraw } from "./published.ts";

const STATE = "/alice/state/wire";
const TOKEN = newToken(new FakeRandom());
const ADDRESS = { tag: "loopback", port: 40_000 } as const;

async function living() {
  const disk = new MemoryFiles({ clock: new FakeClock() });
  await disk.ensureDirectory(STATE);
  const around = { env: new FakeEnv(), localSockets: new FakeLocalSockets() };
  return { disk, found: () => findServer({ ...around, files: disk }, STATE) };
}

Deno.test("whoever finds the address finds its token, and neither after the end", async () => {
  const { disk, found } = await living();
  await publish(disk, STATE, { address: ADDRESS, token: TOKEN });
  assert.deepEqual(await found(), { address: ADDRESS, token: TOKEN });
  assert.equal((await disk.stat(`${STATE}/guard.token`))?.mode, 0o600);
  await withdraw(disk, STATE);
  assert.deepEqual(disk.texts(), {});
  assert.equal(await found(), undefined);
});

Deno.test("P5: a token is 32 bytes of chance, and only the whole of it is the token", () => {
  assert.match(TOKEN, /^[0-9a-f]{64}$/);
  assert.ok(isToken(TOKEN, TOKEN));
  for (const other of [undefined, "", TOKEN.slice(1), TOKEN.toUpperCase(), "0".repeat(64)]) {
    assert.ok(!isToken(other, TOKEN));
  }
});

for (const point of ["ipc.token", "ipc.address", "ipc.address_removed", "ipc.token_removed"]) {
  for (const moment of ["before", "after"] satisfies CrashMoment[]) {
    Deno.test(`P1: killed ${moment} ${point}, nobody is sent to an address without its token`, async () => {
      const { disk, found } = await living();
      const files = new FaultFiles(disk).crashAt({ point }, moment);
      await publish(files, STATE, { address: ADDRESS, token: TOKEN }).catch(() => undefined);
      await withdraw(files, STATE).catch(() => undefined); // dead by then
      assert.ok(files.crashed);
      const server = await found();
      assert.ok(server === undefined || server.token === TOKEN);
      await publish(disk, STATE, { address: ADDRESS, token: TOKEN });
      assert.deepEqual(await found(), { address: ADDRESS, token: TOKEN }, "the next daemon's");
    });
  }
}

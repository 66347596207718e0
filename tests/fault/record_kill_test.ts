/** Files that are replaced as a whole, killed at: the old one or the new one, never half. */
import assert from "node:assert/strict";
import { createContext } from "../../client/context.ts";
import { FakeEnv } from "../../platform/fake/env.ts";
import { MemoryFiles } from "../../platform/fake/memory_files.ts";
import { fakePlatform } from "../../platform/fake/platform.ts";
import { type CrashMoment, FaultFiles } from "../../platform/fault_files.ts";
import type { Files } from "../../platform/files.ts";
import { PendingPair } from "../../protocol/pairing/pending_pair.ts";
import type { Home } from "../../store/home/home.ts";
import { openDataDirectory } from "../../store/slots/data_directory.ts";
import { handle } from "./mail_world.ts";

const MOMENTS: readonly CrashMoment[] = ["before", "after"];

const homeOn = (files: Files): Home =>
  createContext(
    fakePlatform({ files, env: new FakeEnv({ variables: { WIRE_HOME: "/h" } }) }),
    { warn: () => {} },
  ).home;

for (const point of ["home.private_key", "home.trust", "home.card"]) {
  Deno.test(`lesson 33: killed at ${point}, a home has no identity or a whole one, with one key`, async () => {
    for (const moment of MOMENTS) {
      const disk = new MemoryFiles();
      const dying = homeOn(new FaultFiles(disk).crashAt({ point }, moment));
      await assert.rejects(dying.createIdentity({ handle: handle("alice") }), { name: "Crash" });
      const keyBefore = await disk.readBytes("/h/config/wire/private.key");
      const home = homeOn(disk);
      if (!await home.isInitialized()) await home.createIdentity({ handle: handle("alice") });
      const { keys, did } = await home.readIdentity();
      assert.deepEqual(keys.seed, keyBefore ?? keys.seed);
      assert.equal((await home.readTrust()).agents.get("alice")?.did, did);
    }
  });
}

const pair = (status: "polling" | "sas_ready"): PendingPair =>
  PendingPair.parse({
    code: "12-ABCDEF",
    code_hash: "c".repeat(64),
    role: "host",
    relay_url: "http://relay.test",
    status,
    created_at: "2026-01-01T00:00:00Z",
  });

const statusOf = async (home: Home) => (await home.pendingPairs.read("12-ABCDEF"))?.status;

Deno.test("lesson 17: killed while a pairing's record is made, changed or removed, it is the old or the new", async () => {
  const polling = pair("polling");
  const changes = [
    {
      point: "pairing.create",
      existing: undefined,
      act: (home: Home) => home.pendingPairs.create(polling),
      becomes: "polling",
    },
    {
      point: "pairing.update",
      existing: polling,
      act: (home: Home) => home.pendingPairs.update(polling.code, () => pair("sas_ready")),
      becomes: "sas_ready",
    },
    {
      point: "pairing.remove",
      existing: polling,
      act: (home: Home) => home.pendingPairs.remove(polling.code),
      becomes: undefined,
    },
  ];
  for (const { point, existing, act, becomes } of changes) {
    for (const moment of MOMENTS) {
      const disk = new MemoryFiles();
      if (existing !== undefined) await homeOn(disk).pendingPairs.create(existing);
      const dying = homeOn(new FaultFiles(disk).crashAt({ point }, moment));
      await assert.rejects(act(dying), { name: "Crash" }, point);
      assert.equal(await statusOf(homeOn(disk)), moment === "after" ? becomes : existing?.status);
    }
  }
});

Deno.test("killed at relay.store_marker, a relay's directory is free again and takes the mark", async () => {
  for (const moment of MOMENTS) {
    const disk = new MemoryFiles();
    const dying = new FaultFiles(disk).crashAt({ point: "relay.store_marker" }, moment);
    const opened = await openDataDirectory(dying, "/d");
    await disk.writeAtomic(opened.kvPath, "kv", { point: "test" });
    await assert.rejects(opened.markMade(), { name: "Crash" });
    await using again = await openDataDirectory(disk, "/d");
    assert.equal(again.hasStore, moment === "after");
    await again.markMade();
  }
});

import assert from "node:assert/strict";
import { FakeEnv } from "../../platform/fake/env.ts";
import { fakePlatform } from "../../platform/fake/platform.ts";
import { Crash, FaultFiles } from "../../platform/fault_files.ts";
import { block, isBlocked, readBlocklist, unblock } from "./blocklist.ts";
import { type Home, openHome } from "./home.ts";

const DID = "did:wire:mallory-0123abcd";
const FILE = "/h/config/wire/blocklist.json";
const AT = "2026-01-01T00:00:00Z";

const newHome = (): Home =>
  openHome(fakePlatform({ env: new FakeEnv({ variables: { WIRE_HOME: "/h" } }) }));

const write = (home: Home, text: string): Promise<void> =>
  home.platform.files.writeAtomic(FILE, text, { point: "test.by_hand" });

Deno.test("a blocked DID is blocked until it is unblocked, and reading makes no file", async () => {
  const home = newHome();
  assert.ok(!await isBlocked(home, DID));
  assert.equal(await home.platform.files.stat(FILE), undefined);
  assert.ok(!await block(home, { did: DID, at: AT, note: "spam" }));
  assert.ok(await isBlocked(home, DID));
  assert.ok(!await isBlocked(home, "did:wire:mallory-0123abce"));
  assert.deepEqual(JSON.parse(await home.platform.files.readText(FILE) ?? ""), {
    blocked: { [DID]: { at: AT, note: "spam" } },
  });
  assert.ok(await unblock(home, DID));
  assert.ok(!await unblock(home, DID));
  assert.deepEqual([...await readBlocklist(home)], []);
});

Deno.test("blocking again keeps the time and what another version wrote there", async () => {
  const home = newHome();
  await home.ensureRoots();
  const entry = { at: AT, note: "spam", level: 1.0 };
  await write(home, JSON.stringify({ version: 2, blocked: { [DID]: entry, odd: true } }));
  assert.ok(await block(home, { did: DID, at: "2027-01-01T00:00:00Z" }));
  await block(home, { did: DID, at: "2027-01-01T00:00:00Z", note: "still" });
  assert.deepEqual(JSON.parse(await home.platform.files.readText(FILE) ?? ""), {
    version: 2,
    blocked: { [DID]: { ...entry, note: "still" }, odd: true },
  });
  assert.ok(await isBlocked(home, "odd"));
});

Deno.test("names of an object's own members are ordinary names", async () => {
  const home = newHome();
  for (const name of ["__proto__", "constructor", "toString"]) {
    assert.ok(!await isBlocked(home, name), name);
    await block(home, { did: name, at: AT });
    assert.ok(await isBlocked(home, name), name);
  }
});

Deno.test("lesson 11: a broken blocklist is an error, never an empty list, and stays as it is", async () => {
  for (const text of ["", "{", "[]", "null", '{"blocked":[]}', '{"blocked":"x"}']) {
    const home = newHome();
    await home.ensureRoots();
    await write(home, text);
    for (const work of [isBlocked(home, DID), block(home, { did: DID, at: AT })]) {
      await assert.rejects(work, { code: "unreadable" }, text);
    }
    assert.equal(await home.platform.files.readText(FILE), text);
  }
});

Deno.test("P1: killed at home.blocklist, it is the old list or the new one", async () => {
  for (const moment of ["before", "after"] as const) {
    const platform = fakePlatform({ env: new FakeEnv({ variables: { WIRE_HOME: "/h" } }) });
    await block(openHome(platform), { did: "did:wire:other", at: AT });
    const files = new FaultFiles(platform.files).crashAt({ point: "home.blocklist" }, moment);
    await assert.rejects(block(openHome({ ...platform, files }), { did: DID, at: AT }), Crash);
    const home = openHome(platform);
    assert.equal(await isBlocked(home, DID), moment === "after");
    assert.ok(await isBlocked(home, "did:wire:other"));
    await block(home, { did: DID, at: AT });
    assert.ok(await isBlocked(home, DID));
  }
});

/** The home when the process dies, the disk is full, or the file system is read-only. */
import assert from "node:assert/strict";
import { FakeEnv } from "../../platform/fake/env.ts";
import { type FakePlatform, fakePlatform } from "../../platform/fake/platform.ts";
import { Crash, FaultFiles } from "../../platform/fault_files.ts";
import { WireError } from "../../protocol/errors.ts";
import { isHandle } from "../../protocol/ids.ts";
import type { PendingPair } from "../../protocol/pairing/pending_pair.ts";
import { daemonSnapshot } from "./daemon_state.ts";
import { type Home, openHome } from "./home.ts";
import { readDaemonPid, removeDaemonPid, writeDaemonPid } from "./pid_record.ts";

const ALICE = "alice";
const PAIR: PendingPair = {
  code: "72-FP25AS",
  code_hash: "ab".repeat(32),
  role: "host",
  relay_url: "http://relay.test",
  status: "request_host",
  sas: null,
  peer_did: null,
  created_at: "2026-01-01T00:00:00Z",
  last_error: null,
  pair_id: null,
  our_slot_id: null,
  our_slot_token: null,
  spake2_seed_b64: null,
};

/** One thing that writes, and what must hold of a home in which it was cut short. */
interface Case {
  readonly point: string;
  prepare?(home: Home): Promise<unknown>;
  write(home: Home): Promise<unknown>;
  /** Is it done, or as if it had never begun? Anything between is a failed test. */
  isDone(home: Home): Promise<boolean>;
}

const init = (home: Home): Promise<unknown> => {
  assert.ok(isHandle(ALICE));
  return home.createIdentity({ handle: ALICE });
};
const writePid = (home: Home): Promise<void> => writeDaemonPid(home, { did: null, relayUrl: null });
const createPair = (home: Home): Promise<void> => home.pendingPairs.create(PAIR);

const CASES: readonly Case[] = [
  { point: "home.private_key", write: init, isDone: isIdentity },
  { point: "home.trust", write: init, isDone: isIdentity },
  { point: "home.card", write: init, isDone: isIdentity },
  {
    point: "home.relay_state",
    prepare: (home) => home.updateRelayState("test", (state) => ({ ...state, peers: { bob: {} } })),
    write: (home) =>
      home.updateRelayState("test", (state) => ({ ...state, self: { relay_url: "http://r" } })),
    async isDone(home) {
      const { self, peers } = await home.readRelayState();
      assert.deepEqual(peers, { bob: {} });
      return self?.relay_url === "http://r";
    },
  },
  {
    point: "home.daemon_pid",
    write: writePid,
    isDone: async (home) => (await readDaemonPid(home)).tag === "record",
  },
  {
    point: "home.daemon_pid_removed",
    prepare: writePid,
    write: removeDaemonPid,
    isDone: async (home) => (await readDaemonPid(home)).tag === "missing",
  },
  {
    point: "pairing.create",
    write: createPair,
    isDone: async (home) => await home.pendingPairs.read(PAIR.code) !== undefined,
  },
  {
    point: "pairing.update",
    prepare: createPair,
    write: (home) => home.pendingPairs.update(PAIR.code, (pair) => ({ ...pair, pair_id: "p" })),
    isDone: async (home) => (await home.pendingPairs.read(PAIR.code))?.pair_id === "p",
  },
  {
    point: "pairing.remove",
    prepare: createPair,
    write: (home) => home.pendingPairs.remove(PAIR.code),
    isDone: async (home) => await home.pendingPairs.read(PAIR.code) === undefined,
  },
];

async function isIdentity(home: Home): Promise<boolean> {
  if (!await home.isInitialized()) return false;
  assert.equal((await home.readIdentity()).handle, ALICE);
  assert.ok((await home.readTrust()).agents.has(ALICE));
  return true;
}

interface Broken {
  readonly platform: FakePlatform;
  readonly files: FaultFiles;
  /** The same disk under a new process. */
  reopened(): Home;
  readonly home: Home;
}

async function homeFor({ prepare }: Case): Promise<Broken> {
  const env = new FakeEnv({ variables: { WIRE_HOME: "/h" } });
  const platform = fakePlatform({ env });
  await prepare?.(openHome(platform));
  const files = new FaultFiles(platform.files);
  return {
    platform,
    files,
    reopened: () => openHome(platform),
    home: openHome({ ...platform, files }),
  };
}

for (const each of CASES) {
  for (const moment of ["before", "after"] as const) {
    Deno.test(`P1: killed ${moment} ${each.point}: done or never begun, and it can be done again`, async () => {
      const { files, home, reopened } = await homeFor(each);
      const key = async () =>
        (await reopened().platform.files.readBytes(home.file.privateKey))?.toHex();
      files.crashAt({ point: each.point }, moment);
      await assert.rejects(each.write(home), Crash);
      const left = await key();
      const again = reopened();
      const isDone = await each.isDone(again);
      if (!isDone) await each.write(again);
      assert.ok(await each.isDone(again));
      if (left !== undefined) assert.equal(await key(), left, "a key was thrown away");
    });
  }

  Deno.test(`disk full at ${each.point}: one line, and what was there stands`, async () => {
    const { files, home, platform } = await homeFor(each);
    files.diskFullAt({ point: each.point });
    const before = { ...platform.files.texts() };
    await assert.rejects(each.write(home), (error) => {
      assert.ok(error instanceof WireError);
      assert.equal(error.code, "write_failed");
      assert.match(error.message, /^Cannot write "\/h\/[^\n]+": the disk is full$/);
      return true;
    });
    const after = platform.files.texts();
    for (const [name, text] of Object.entries(before)) assert.equal(after[name], text, name);
    assert.ok(!await each.isDone(home));
    await each.write(home);
    assert.ok(await each.isDone(home));
  });
}

Deno.test("an init that was interrupted can be done under another name, and leaves one self", async () => {
  const { files, home, reopened } = await homeFor({ point: "", write: init, isDone: isIdentity });
  files.crashAt({ point: "home.card" }, "before");
  await assert.rejects(init(home), Crash);
  const again = reopened();
  const other: string = "bob";
  assert.ok(isHandle(other));
  assert.equal((await again.createIdentity({ handle: other })).handle, "bob");
  assert.deepEqual([...(await again.readTrust()).agents.keys()], ["bob"]);
});

Deno.test("a read-only home is read as usual, and a write is an error in one line", async () => {
  const platform = fakePlatform({ env: new FakeEnv({ variables: { WIRE_HOME: "/h" } }) });
  await init(openHome(platform));
  const files = new FaultFiles(platform.files);
  files.readOnly = true;
  const home = openHome({ ...platform, files });
  assert.ok(await isIdentity(home));
  assert.deepEqual(await home.readRelayState(), { self: null, peers: {} });
  assert.ok(!(await daemonSnapshot(home)).running);
  for (const write of [writePid, createPair, () => home.updateTrust("test", (store) => store)]) {
    await assert.rejects(write(home), { code: "write_failed" });
  }
});

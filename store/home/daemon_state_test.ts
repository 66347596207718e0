import assert from "node:assert/strict";
import { FakeEnv } from "../../platform/fake/env.ts";
import { fakePlatform } from "../../platform/fake/platform.ts";
import { DAEMON_OWNER, daemonSnapshot, liveForeignDaemon } from "./daemon_state.ts";
import { openHome } from "./home.ts";
import { readDaemonPid, removeDaemonPid, writeDaemonPid } from "./pid_record.ts";

const ABOUT = { did: "did:wire:alice-5580ba5a", relayUrl: "http://127.0.0.1:18770" };

function world() {
  const platform = fakePlatform({ env: new FakeEnv({ variables: { WIRE_HOME: "/h" } }) });
  return { platform, home: openHome(platform) };
}

/** As 0.5.19 writes it: docs/protocol/identity-and-events.md §29. */
const foreignRecord = (pid: number): string =>
  JSON.stringify({
    schema: "wire-daemon-pid-v1",
    pid,
    bin_path: "/usr/local/bin/wire",
    version: "0.5.19",
    started_at: "2026-11-21T05:11:28.054481288Z",
    did: ABOUT.did,
    relay_url: ABOUT.relayUrl,
  });

async function put(made: ReturnType<typeof world>, text: string): Promise<void> {
  await made.home.ensureRoots();
  await made.platform.files.writeAtomic(made.home.file.daemonPid, text, { point: "test.pid" });
}

Deno.test("a pid record has its members in the fixed order", async () => {
  const made = world();
  await writeDaemonPid(made.home, ABOUT);
  assert.equal(
    await made.platform.files.readText(made.home.file.daemonPid),
    `{
  "schema": "wire-daemon-pid-v1",
  "pid": 4242,
  "bin_path": "/opt/wire/wire",
  "version": "0.1.0",
  "started_at": "2026-01-01T00:00:00Z",
  "did": "did:wire:alice-5580ba5a",
  "relay_url": "http://127.0.0.1:18770"
}`,
  );
});

Deno.test("a record that names another process is not removed", async () => {
  const made = world();
  await put(made, foreignRecord(77));
  await removeDaemonPid(made.home);
  assert.equal((await readDaemonPid(made.home)).tag, "record");
  await writeDaemonPid(made.home, ABOUT);
  await removeDaemonPid(made.home);
  assert.equal((await readDaemonPid(made.home)).tag, "missing");
});

Deno.test("lesson 35: the daemon runs as long as it holds its lock, whatever the pid file says", async () => {
  const made = world();
  assert.ok(!((await daemonSnapshot(made.home)).running));
  const lock = await made.home.lockDaemon(DAEMON_OWNER, { deadlineMs: 0 });
  await put(made, foreignRecord(77));
  const snapshot = await daemonSnapshot(made.home);
  assert.ok(snapshot.running);
  assert.equal(snapshot.pid, 4242);
  assert.equal(snapshot.foreign, undefined);
  await lock.release();
  assert.ok(!((await daemonSnapshot(made.home)).running));
});

Deno.test("a command that holds the lock for one round is no daemon", async () => {
  const made = world();
  await using _lock = await made.home.lockDaemon("wire pull", { deadlineMs: 0 });
  const snapshot = await daemonSnapshot(made.home);
  assert.ok(!snapshot.running);
  assert.match(snapshot.lockHolder ?? "", /^wire pull /);
});

Deno.test("a live 0.5.19 daemon on this home is found, by its record and its command line", async () => {
  const made = world();
  await put(made, foreignRecord(77));
  assert.equal(await liveForeignDaemon(made.home), undefined);
  made.platform.processes.living.set(77, ["/usr/local/bin/wire", "daemon", "--interval", "5"]);
  assert.deepEqual(await liveForeignDaemon(made.home), { pid: 77, version: "0.5.19" });
  assert.ok((await daemonSnapshot(made.home)).running);
});

Deno.test("lesson 39: a pid that came round again is no daemon", async () => {
  const made = world();
  made.platform.processes.living.set(77, ["/usr/bin/vim", "notes"]);
  await put(made, foreignRecord(77));
  assert.equal(await liveForeignDaemon(made.home), undefined);
  made.platform.processes.living.set(78, ["/opt/wire/wire", "daemon"]);
  // Ours would hold the lock: this record is what a killed one left.
  await put(made, foreignRecord(78).replace("0.5.19", "0.1.0"));
  assert.equal(await liveForeignDaemon(made.home), undefined);
});

Deno.test("a pid file from before 0.5.11 names a foreign daemon too; nonsense names none", async () => {
  const made = world();
  made.platform.processes.living.set(77, ["wire", "daemon"]);
  await put(made, "77\n");
  assert.deepEqual(await liveForeignDaemon(made.home), { pid: 77, version: undefined });
  for (const text of ["", "  ", "{", "[77]", '{"pid":77}', "-77", "\0"]) {
    await put(made, text);
    assert.equal(await liveForeignDaemon(made.home), undefined, JSON.stringify(text));
    assert.equal((await daemonSnapshot(made.home)).pid, null);
  }
});

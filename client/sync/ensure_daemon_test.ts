import assert from "node:assert/strict";
import { MailWorld, type Party } from "../../tests/fault/mail_world.ts";
import { MAX_LOG_BYTES } from "../../store/diag/bounded_log.ts";
import { DAEMON_OWNER } from "../../store/home/daemon_state.ts";
import { writeDaemonPid } from "../../store/home/pid_record.ts";
import { ensureDaemon } from "./ensure_daemon.ts";

/** A spawned process that takes the lock a moment later, as the daemon does. */
function answering({ context: { home, platform }, clock }: Party): void {
  const { processes } = platform;
  const spawn = processes.spawnSelf.bind(processes);
  processes.spawnSelf = async (options) => {
    const pid = await spawn(options);
    void clock.sleep(50).then(() => home.lockDaemon(DAEMON_OWNER, { deadlineMs: 0 }));
    return pid;
  };
}

Deno.test("lesson 42: our own stale daemon.pid does not stop the daemon from being started", async () => {
  const world = new MailWorld();
  const alice = await world.party("alice");
  await writeDaemonPid(alice.context.home, { did: null, relayUrl: null });
  answering(alice);
  const starting = ensureDaemon(alice.context);
  await alice.clock.advance(200);
  await starting;
  assert.deepEqual(alice.platform.processes.spawned.map(({ args }) => args), [
    ["daemon", "--interval", "5"],
  ]);
  assert.deepEqual(await ensureDaemon(alice.context), { spawned: false });
  assert.equal(alice.platform.processes.spawned.length, 1);
});

Deno.test("a daemon that does not come up is an error within five seconds", async () => {
  const world = new MailWorld();
  const alice = await world.party("alice");
  const starting = assert.rejects(ensureDaemon(alice.context), { code: "timed_out" });
  await alice.clock.advance(5_100);
  await starting;
});

Deno.test("one that ends at once is an error right away", async () => {
  const world = new MailWorld();
  const alice = await world.party("alice");
  const { processes } = alice.platform;
  processes.isAlive = (pid) => Promise.resolve(pid === processes.pid);
  await assert.rejects(ensureDaemon(alice.context), /process \d+ did not come up/);
});

Deno.test("nothing is started with WIRE_MCP_SKIP_AUTO_UP, or beside a daemon of 0.5.19", async () => {
  const world = new MailWorld();
  const alice = await world.party("alice");
  const { env, processes, files } = alice.platform;
  env.variables.set("WIRE_MCP_SKIP_AUTO_UP", "");
  assert.deepEqual(await ensureDaemon(alice.context), { spawned: false });
  env.variables.delete("WIRE_MCP_SKIP_AUTO_UP");
  processes.living.set(77, ["/usr/bin/wire", "daemon", "--interval", "5"]);
  await files.writeAtomic(alice.context.home.file.daemonPid, "77", { point: "test" });
  assert.deepEqual(await ensureDaemon(alice.context), { spawned: false });
  assert.deepEqual(processes.spawned, []);
});

Deno.test("lesson 36: asked again and again, it starts one daemon, and only for its own home", async () => {
  const world = new MailWorld();
  const alice = await world.party("alice");
  const bob = await world.party("bob");
  answering(alice);
  const untouched = bob.disk.texts();
  const starting = ensureDaemon(alice.context);
  await alice.clock.advance(200);
  await starting;
  for (let again = 0; again < 100; again++) await ensureDaemon(alice.context);
  assert.equal(alice.platform.processes.spawned.length, 1);
  assert.deepEqual(bob.platform.processes.spawned, []);
  assert.deepEqual(bob.disk.texts(), untouched);
});

Deno.test("P8: a log of more than 8 MiB is begun anew before a daemon writes to it, and one before it is kept", async () => {
  const world = new MailWorld();
  const alice = await world.party("alice");
  answering(alice);
  const logFile = "/alice/state/wire/daemon.log";
  await alice.disk.writeAtomic(logFile, "x".repeat(MAX_LOG_BYTES), { point: "test" });
  const starting = ensureDaemon(alice.context, { logFile });
  await alice.clock.advance(200);
  await starting;
  assert.equal(alice.disk.texts()[logFile], undefined);
  assert.equal(alice.disk.texts()[`${logFile}.1`]?.length, MAX_LOG_BYTES);
});

/** `wire service` with a service manager that the test plays. */
import assert from "node:assert/strict";
import { FakeEnv } from "../../platform/fake/env.ts";
import { type FakePlatform, fakePlatform } from "../../platform/fake/platform.ts";
import { FaultFiles } from "../../platform/fault_files.ts";
import type { FileLock, Files } from "../../platform/files.ts";
import { createContext } from "../../client/context.ts";
import { serviceInstall } from "../../client/operations/service_install.ts";
import { serviceStatus } from "../../client/operations/service_status.ts";
import { serviceUninstall } from "../../client/operations/service_uninstall.ts";
import { DAEMON_OWNER } from "../../store/home/daemon_state.ts";
import type { OperatingSystem } from "../../platform/env.ts";
import { isHandle } from "../../protocol/ids.ts";

const UNIT = "/home/tester/.config/systemd/user/wire-daemon.service";

class ServiceWorld {
  readonly platform: FakePlatform;
  /** What the manager runs: the service's process, while there is one. */
  servicePid: number | undefined;
  /** Whether the process that it starts takes the home. */
  isHealthy = true;
  #lock: FileLock | undefined;

  private constructor(os: OperatingSystem) {
    this.platform = fakePlatform({ env: new FakeEnv({ os }) });
  }

  static async create(os: OperatingSystem = "linux"): Promise<ServiceWorld> {
    const world = new ServiceWorld(os);
    const { files } = world.platform;
    await files.ensureDirectory("/opt/wire");
    await files.writeAtomic("/opt/wire/wire", "", { point: "test" });
    const { home } = world.context();
    const handle = "alice";
    if (!isHandle(handle)) throw new TypeError(handle);
    await home.createIdentity({ handle });
    return world;
  }

  context(files: Files = this.platform.files) {
    return createContext({ ...this.platform, files }, { warn: () => {} });
  }

  /** Another daemon, started by hand. */
  async daemon(pid: number): Promise<void> {
    const owner = `${DAEMON_OWNER} (pid ${pid}) as`;
    this.#lock = await this.context().home.lockDaemon(owner, { deadlineMs: 0 });
    this.platform.processes.living.set(pid, ["/opt/wire/wire", "daemon"]);
  }

  async endDaemon(): Promise<void> {
    await this.#lock?.release();
    this.#lock = undefined;
  }

  systemd(): this {
    const { programs, processes } = this.platform;
    programs.answers.set("systemd-analyze", () => ({}));
    programs.answers.set("loginctl", () => ({ stdout: "no\n" }));
    programs.answers.set("systemctl", ([, , verb]) => {
      if (verb === "restart") {
        this.servicePid = 900;
        if (this.isHealthy) void this.endDaemon().then(() => this.daemon(900));
      }
      if (verb === "disable") {
        this.servicePid = undefined;
        void this.endDaemon();
      }
      if (verb !== "show") return {};
      const state = this.servicePid === undefined ? "inactive" : "active";
      return {
        stdout: `MainPID=${this.servicePid ?? 0}\nActiveState=${state}\nSubState=running\n` +
          `UnitFileState=${this.servicePid === undefined ? "" : "enabled"}\n`,
      };
    });
    const signal = processes.signal.bind(processes);
    processes.signal = async (pid, name) => {
      await this.endDaemon();
      return await signal(pid, name);
    };
    return this;
  }

  calls(): readonly string[] {
    return this.platform.programs.calls.map((call) => call.join(" "));
  }

  /** Runs while time passes. */
  async run<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const done = work.finally(() => isDone = true);
    done.catch(() => undefined); // it is awaited once time has passed
    while (!isDone) await this.platform.clock.advance(100);
    return await done;
  }

  install(files?: Files) {
    return this.run(serviceInstall.run(this.context(files), { localRelay: false }));
  }
}

Deno.test("lesson 40: install writes the unit, has it checked, enables it, and says what is so then", async () => {
  const world = (await ServiceWorld.create()).systemd();
  const report = await world.install();
  serviceInstall.output.parse(report);
  assert.deepEqual(Object.keys(report).slice(0, 5), [
    "action",
    "platform",
    "unit_path",
    "status",
    "detail",
  ]);
  assert.deepEqual([report.status, report.unit_path], ["enabled", UNIT]);
  assert.deepEqual(report.daemon, { running: true, pid: 900 });
  assert.deepEqual(report.manager?.pid, 900);
  assert.match(report.detail, /enable-linger/);
  const { files } = world.platform;
  assert.match(await files.readText(UNIT) ?? "", /^ExecStart=:"\/opt\/wire\/wire" "daemon"/m);
  assert.equal((await files.stat(UNIT))?.mode, 0o644);
  const check = world.calls().findIndex((call) => call.startsWith("systemd-analyze --user verify"));
  const enable = world.calls().findIndex((call) => call.includes("enable wire-daemon"));
  assert.ok(check >= 0 && check < enable, world.calls().join("\n"));
});

Deno.test("lesson 41: a daemon that was started by hand makes way, and exactly one is alive then", async () => {
  const world = (await ServiceWorld.create()).systemd();
  await world.daemon(700);
  const report = await world.install();
  assert.equal(report.status, "enabled");
  assert.match(report.detail, /process 700 has made way/);
  assert.deepEqual(report.daemon, { running: true, pid: 900 });
});

Deno.test("lesson 41: when the service does not come up, the daemon that made way has a successor", async () => {
  const world = (await ServiceWorld.create()).systemd();
  world.isHealthy = false;
  await world.daemon(700);
  const { processes } = world.platform;
  const spawn = processes.spawnSelf.bind(processes);
  processes.spawnSelf = async (options) => {
    const pid = await spawn(options);
    await world.daemon(pid);
    return pid;
  };
  const report = await world.install();
  assert.equal(report.status, "written");
  assert.match(report.detail, /did not take this home; wire daemon shows why/);
  assert.ok(report.daemon?.running);
  assert.equal(processes.spawned.length, 1);
});

Deno.test("lesson 39: a daemon of another program, or of all sessions, is not ended", async () => {
  const world = (await ServiceWorld.create()).systemd();
  await world.daemon(700);
  world.platform.processes.living.set(700, ["/opt/wire/wire", "daemon", "--all-sessions"]);
  const report = await world.install();
  assert.equal(report.status, "written");
  assert.match(report.detail, /process 700 serves all sessions/);
  assert.deepEqual(report.daemon, { running: true, pid: 700 });
  assert.ok(!world.calls().some((call) => / enable | restart /.test(call)));
});

Deno.test("lesson 36: --all-sessions is one process for every home, and stays so when it is written anew", async () => {
  const world = (await ServiceWorld.create()).systemd();
  await world.daemon(700);
  world.platform.processes.living.set(700, ["/opt/wire/wire", "daemon", "--all-sessions"]);
  const install = (input: { readonly allSessions?: boolean }) =>
    world.run(serviceInstall.run(world.context(), { localRelay: false, ...input }));
  const report = await install({ allSessions: true });
  assert.equal(report.status, "enabled");
  assert.match(report.detail, /process 700 has made way/, "it serves no more homes than ours will");
  const text = await world.platform.files.readText(UNIT);
  assert.match(text ?? "", /"daemon" "--interval" "5" "--all-sessions"$/m);
  await install({});
  assert.equal(await world.platform.files.readText(UNIT), text);
  const status = await serviceStatus.run(world.context(), { localRelay: false });
  assert.doesNotMatch(status.detail, /not what this wire would write/);
});

Deno.test("P2: without a manager, or with one that refuses, nothing is called running", async () => {
  const alone = await ServiceWorld.create();
  const report = await alone.install();
  assert.equal(report.status, "written");
  assert.match(report.detail, /systemctl is not there/);
  assert.deepEqual([report.manager, report.daemon], [null, { running: false, pid: null }]);

  const refusing = (await ServiceWorld.create()).systemd();
  const { answers } = refusing.platform.programs;
  const usual = answers.get("systemctl");
  answers.set(
    "systemctl",
    (args) => args[2] === "enable" ? { code: 1, stderr: "Failed: denied\nmore\n" } : usual?.(args),
  );
  const refused = await refusing.install();
  assert.equal(refused.status, "written");
  assert.match(refused.detail, /^not enabled: Failed: denied;/);
});

Deno.test("lesson 40: a unit that its own check refuses is not enabled", async () => {
  const world = (await ServiceWorld.create()).systemd();
  world.platform.programs.answers.set(
    "systemd-analyze",
    () => ({ code: 1, stderr: "other.service: old\nwire-daemon.service: Command is gone\n" }),
  );
  const report = await world.install();
  assert.equal(report.status, "written");
  assert.match(report.detail, /check says: wire-daemon\.service: Command is gone/);
  assert.ok(!world.calls().some((call) => / enable /.test(call)));
});

Deno.test("service: install again is the same; somebody else's unit is not written over", async () => {
  const world = (await ServiceWorld.create()).systemd();
  await world.install();
  const counting = new FaultFiles(world.platform.files);
  assert.equal((await world.install(counting)).status, "enabled");
  assert.deepEqual(counting.steps.filter(({ point }) => point === "service.unit"), []);
  await world.platform.files.writeAtomic(UNIT, "[Unit]\nDescription=mine\n", { point: "test" });
  await assert.rejects(world.install(), /what is there is not ours/);
  await assert.rejects(
    serviceUninstall.run(world.context(), { localRelay: false }),
    /what is there is not ours/,
  );
});

Deno.test("service: uninstall stops it and removes the unit; again it is absent", async () => {
  const world = (await ServiceWorld.create()).systemd();
  await world.install();
  const report = await serviceUninstall.run(world.context(), { localRelay: false });
  assert.deepEqual([report.status, report.manager?.active], ["removed", false]);
  assert.equal(await world.platform.files.stat(UNIT), undefined);
  const again = await serviceUninstall.run(world.context(), { localRelay: false });
  assert.equal(again.status, "absent");
});

Deno.test("lesson 35: status tells the manager's word from the lock's, and says when they differ", async () => {
  const world = (await ServiceWorld.create()).systemd();
  const status = () => serviceStatus.run(world.context(), { localRelay: false });
  assert.equal((await status()).status, "absent");
  await world.install();
  assert.equal((await status()).status, "active");
  await world.endDaemon();
  const gone = await status();
  assert.deepEqual([gone.status, gone.daemon], ["active", { running: false, pid: null }]);
  assert.match(gone.detail, /no daemon serves this home/);
  await world.daemon(700);
  assert.match((await status()).detail, /process 700 .*not the service's process 900/);
  world.servicePid = undefined;
  const idle = await status();
  assert.deepEqual([idle.status, idle.daemon?.pid], ["installed (inactive)", 700]);
  await world.platform.files.writeAtomic(
    UNIT,
    "[Service]\nExecStart=/old/wire daemon --interval 5\n",
    {
      point: "test",
    },
  );
  assert.match((await status()).detail, /not what this wire would write: wire service install/);
});

Deno.test("ruling 7: --local-relay keeps a relay for this machine, and status asks the relay itself", async () => {
  const world = (await ServiceWorld.create()).systemd();
  world.platform.net.serve("http://127.0.0.1:8771", () => Promise.resolve(new Response("ok")));
  const report = await world.run(serviceInstall.run(world.context(), { localRelay: true }));
  assert.equal(report.status, "enabled");
  assert.deepEqual(report.relay, { url: "http://127.0.0.1:8771", answers: true });
  const text = await world.platform.files.readText(report.unit_path);
  assert.match(text ?? "", /"relay-server" "--local-only"$/m);
  assert.doesNotMatch(text ?? "", /WIRE_HOME/);
});

Deno.test("service: launchd is told of the one label, never of the user's whole session", async () => {
  const world = await ServiceWorld.create("darwin");
  const { programs } = world.platform;
  let isLoaded = false;
  programs.answers.set("id", () => ({ stdout: "501\n" }));
  programs.answers.set("plutil", () => ({}));
  programs.answers.set("launchctl", ([verb, target = ""]) => {
    if (verb === "bootout") {
      const was = isLoaded;
      isLoaded = false;
      return was ? {} : { code: 3, stderr: "Boot-out failed: 3: No such process\n" };
    }
    if (verb === "bootstrap") {
      isLoaded = true;
      void world.daemon(900);
      return {};
    }
    if (target === "gui/501") return {};
    return isLoaded
      ? { stdout: "\tstate = running\n\tpid = 900\n" }
      : { code: 113, stderr: "Could not find service\n" };
  });
  const report = await world.install();
  assert.deepEqual([report.platform, report.status], ["macos-launchd", "loaded"]);
  assert.deepEqual([report.manager?.pid, report.daemon?.pid], [900, 900]);
  const status = await serviceStatus.run(world.context(), { localRelay: false });
  assert.equal(status.status, "loaded");
  await serviceUninstall.run(world.context(), { localRelay: false });
  const outs = world.calls().filter((call) => call.includes("bootout"));
  assert.ok(outs.length >= 2);
  for (const call of outs) assert.match(call, /gui\/501\/sh\.slancha\.wire\.daemon$/);
});

Deno.test("service: a system without a manager that we know says so, and what to do instead", async () => {
  const world = await ServiceWorld.create("windows");
  await assert.rejects(
    serviceStatus.run(world.context(), { localRelay: false }),
    /unsupported platform: windows/,
  );
});

Deno.test("P1: service install and uninstall, killed at a durable step and run again, end as they should", async () => {
  for (const moment of ["before", "after"] as const) {
    const world = (await ServiceWorld.create()).systemd();
    const writing = new FaultFiles(world.platform.files).crashAt({ point: "service.unit" }, moment);
    await world.install(writing).catch(() => undefined);
    assert.ok(writing.crashed);
    assert.equal((await world.install()).status, "enabled");
    const removing = new FaultFiles(world.platform.files).crashAt(
      { point: "service.remove" },
      moment,
    );
    await serviceUninstall.run(world.context(removing), { localRelay: false }).catch(() =>
      undefined
    );
    assert.ok(removing.crashed);
    const report = await serviceUninstall.run(world.context(), { localRelay: false });
    assert.match(report.status, /^(removed|absent)$/);
    assert.equal(await world.platform.files.stat(UNIT), undefined);
  }
});

/** Daemons of several homes, as the files and processes of a fake world. */
import assert from "node:assert/strict";
import { FakeClock } from "../../platform/fake/clock.ts";
import { FakeEnv } from "../../platform/fake/env.ts";
import { MemoryFiles } from "../../platform/fake/memory_files.ts";
import { type FakePlatform, fakePlatform } from "../../platform/fake/platform.ts";
import { FakeProcesses } from "../../platform/fake/processes.ts";
import { FaultFiles } from "../../platform/fault_files.ts";
import type { FileLock } from "../../platform/files.ts";
import { type Handle, isHandle } from "../../protocol/ids.ts";
import { PID_SCHEMA } from "../../protocol/schemas/pid_record.ts";
import { VERSION } from "../../protocol/version.ts";
import { argumentsOf, daemonLabel, markOf } from "../../store/home/daemon_call.ts";
import type { Home } from "../../store/home/home.ts";
import { type ClientContext, createContext } from "../context.ts";
import { placeOf } from "../upgrade/place.ts";

export const DAEMON = 77;
export const OTHER = 78;

export function name(text: string): Handle {
  assert.ok(isHandle(text));
  return text;
}

/** Homes whose daemons are a lock and a pid that lives. */
export class Fleet {
  readonly platform: FakePlatform;
  readonly #locks = new Map<string, { readonly pid: number; readonly lock: FileLock }>();

  constructor(wireHome = "/own") {
    const clock = new FakeClock();
    const processes = new FakeProcesses(1);
    this.platform = fakePlatform({
      clock,
      processes,
      files: new MemoryFiles({ clock }),
      env: new FakeEnv({ variables: { WIRE_HOME: wireHome } }),
    });
    processes.onSignalSent = (pid) => this.ends(pid);
  }

  /** A process frees all its locks. */
  ends(pid: number): void {
    this.platform.processes.living.delete(pid);
    for (const [directory, held] of this.#locks) {
      if (held.pid !== pid) continue;
      this.#locks.delete(directory);
      void held.lock.release();
    }
  }

  /** @param directory empty: the system's own place */
  home(directory: string): Home {
    return placeOf(this.platform, directory === "" ? undefined : directory).home;
  }

  context(files = new FaultFiles(this.platform.files)): ClientContext {
    return createContext({ ...this.platform, files }, { warn: () => undefined });
  }

  /** What somebody else sees on the same disk. */
  withFiles({ files }: FakePlatform): ClientContext {
    return createContext({ ...this.platform, files }, { warn: () => undefined });
  }

  async serve(
    directory: string,
    pid = DAEMON,
    { intervalSeconds = 5, calledIn }: {
      readonly intervalSeconds?: number;
      /** Of one that serves all sessions. */
      readonly calledIn?: string;
    } = {},
  ): Promise<void> {
    const call = {
      intervalSeconds,
      calledIn: calledIn === undefined ? undefined : markOf(this.home(calledIn)),
    };
    const home = this.home(directory);
    if (!await home.isInitialized()) await home.createIdentity({ handle: name("alice") });
    Object.assign(this.platform.files, { pid }); // whom the lock names
    this.#locks.set(directory, {
      pid,
      lock: await home.lockDaemon(daemonLabel(call), { deadlineMs: 0 }),
    });
    const record = {
      schema: PID_SCHEMA,
      pid,
      bin_path: "/opt/wire/wire",
      version: VERSION,
      started_at: "2026-01-01T00:00:00Z",
    };
    const { daemonPid } = home.file;
    await this.platform.files.writeAtomic(daemonPid, JSON.stringify(record), { point: "x" });
    this.platform.processes.living.set(pid, ["/opt/wire/wire", ...argumentsOf(call)]);
  }

  /** Whoever is started comes up at once, for the homes that it is to serve. */
  comesUp(sessions: readonly string[] = []): void {
    const { processes } = this.platform;
    const spawn = processes.spawnSelf.bind(processes);
    processes.spawnSelf = async (options) => {
      const pid = await spawn(options);
      const own = options.env?.["WIRE_HOME"] ?? "/own";
      const isForAll = options.args.includes("--all-sessions");
      const how = {
        intervalSeconds: Number(options.args[2]),
        ...(isForAll ? { calledIn: own } : {}),
      };
      for (const home of isForAll ? [own, ...sessions] : [own]) await this.serve(home, pid, how);
      return pid;
    };
  }

  started(): string[] {
    return this.platform.processes.spawned.map(({ env }) => env?.["WIRE_HOME"] ?? "");
  }
}

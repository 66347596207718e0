/** A whole world for a test: every part a fake, each replaceable. */
import type { Platform } from "../platform.ts";
import { FakeClock } from "./clock.ts";
import { FakeDatabases } from "./databases.ts";
import { FakeEnv } from "./env.ts";
import { FakeLocalSockets } from "./local_sockets.ts";
import { FakeLog } from "./log.ts";
import { MemoryFiles } from "./memory_files.ts";
import { FakeMachine } from "./machine.ts";
import { FakeNet } from "./net.ts";
import { FakeNotifier } from "./notifier.ts";
import { FakeProcesses } from "./processes.ts";
import { FakePrograms } from "./programs.ts";
import { FakeRandom } from "./random.ts";
import { FakeShell } from "./shell.ts";
import { FakeSockets } from "./sockets.ts";
import { FakeTerminal } from "./terminal.ts";

export interface FakePlatform extends Platform {
  readonly clock: FakeClock;
  readonly random: FakeRandom;
  readonly files: MemoryFiles;
  readonly databases: FakeDatabases;
  readonly env: FakeEnv;
  readonly net: FakeNet;
  readonly sockets: FakeSockets;
  readonly localSockets: FakeLocalSockets;
  readonly processes: FakeProcesses;
  readonly shell: FakeShell;
  readonly programs: FakePrograms;
  readonly terminal: FakeTerminal;
  readonly notifier: FakeNotifier;
  readonly machine: FakeMachine;
  readonly log: FakeLog;
}

/**
 * @returns fakes, with the overrides in place of theirs. Home is `/home/tester`; MemoryFiles runs
 * on the same clock as everything else.
 */
export function fakePlatform<Overrides extends Partial<Platform> = Record<never, never>>(
  overrides?: Overrides,
): Omit<FakePlatform, keyof Overrides> & Overrides & Platform;
export function fakePlatform(overrides: Partial<Platform> = {}): Platform {
  const clock = overrides.clock ?? new FakeClock();
  const processes = overrides.processes ?? new FakeProcesses();
  const files = overrides.files ?? new MemoryFiles({ clock, pid: processes.pid });
  return {
    clock,
    random: new FakeRandom(),
    files,
    databases: new FakeDatabases(),
    env: new FakeEnv(),
    net: new FakeNet(),
    shell: new FakeShell(),
    sockets: new FakeSockets(),
    localSockets: new FakeLocalSockets(),
    processes,
    programs: new FakePrograms(),
    terminal: new FakeTerminal(),
    notifier: new FakeNotifier(),
    machine: new FakeMachine(files),
    log: new FakeLog(),
    ...overrides,
  };
}

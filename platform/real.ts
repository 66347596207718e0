/** The real world. Whatever costs start-up time is made when it is first asked for. */
import type { Log } from "./log.ts";
import type { Net } from "./net.ts";
import type { Notifier } from "./notifier.ts";
import type { Platform } from "./platform.ts";
import { RealClock } from "./real/clock.ts";
import { RealDatabases } from "./real/databases.ts";
import { RealEnv } from "./real/env.ts";
import { RealFiles } from "./real/files.ts";
import { RealLocalSockets } from "./real/local_sockets.ts";
import { RealLog } from "./real/log.ts";
import { RealMachine } from "./real/machine.ts";
import { RealNet } from "./real/net.ts";
import { RealNotifier } from "./real/notifier.ts";
import { RealProcesses } from "./real/processes.ts";
import { RealPrograms } from "./real/programs.ts";
import { RealRandom } from "./real/random.ts";
import { RealShell } from "./real/shell.ts";
import { RealSockets } from "./real/sockets.ts";
import { RealTerminal } from "./real/terminal.ts";

/** @returns the world of this process; `await using` or `using` it frees what the network holds */
export function realPlatform(): Platform & Disposable {
  const clock = new RealClock();
  const env = new RealEnv();
  const terminal = new RealTerminal(env);
  const net = new RealNet({ env, warn: (text) => terminal.stderr.write(text) });
  const notifier: Notifier = new RealNotifier({
    os: env.os,
    print: (text) => terminal.stderr.write(text),
  });
  const log: Log = new RealLog({
    env,
    clock,
    write: (line) => void Deno.stderr.writeSync(new TextEncoder().encode(line)),
  });
  return {
    clock,
    random: new RealRandom(),
    files: new RealFiles(clock),
    databases: new RealDatabases(),
    env,
    net: net satisfies Net,
    sockets: new RealSockets(env),
    localSockets: new RealLocalSockets(),
    shell: new RealShell(),
    processes: new RealProcesses(env),
    programs: new RealPrograms(),
    terminal,
    notifier,
    machine: new RealMachine(env),
    log,
    [Symbol.dispose]: () => net[Symbol.dispose](),
  };
}

import type { Clock } from "./clock.ts";
import type { Databases } from "./databases.ts";
import type { Env } from "./env.ts";
import type { Files } from "./files.ts";
import type { LocalSockets } from "./local_sockets.ts";
import type { Log } from "./log.ts";
import type { Machine } from "./machine.ts";
import type { Net } from "./net.ts";
import type { Notifier } from "./notifier.ts";
import type { Processes } from "./processes.ts";
import type { Programs } from "./programs.ts";
import type { Random } from "./random.ts";
import type { Shell } from "./shell.ts";
import type { Sockets } from "./sockets.ts";
import type { Terminal } from "./terminal.ts";

/** The world, as small interfaces: each has a real and a fake implementation. */
export interface Platform {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Files;
  readonly databases: Databases;
  readonly env: Env;
  readonly net: Net;
  readonly sockets: Sockets;
  readonly localSockets: LocalSockets;
  readonly processes: Processes;
  readonly shell: Shell;
  readonly programs: Programs;
  readonly terminal: Terminal;
  readonly notifier: Notifier;
  readonly machine: Machine;
  readonly log: Log;
}

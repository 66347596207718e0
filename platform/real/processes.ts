/** Real processes. */
import path from "node:path";
import { WireError } from "../../protocol/errors.ts";
import type { Env } from "../env.ts";
import type { Processes, SelfCommand, SpawnOptions, StopSignal } from "../processes.ts";
import { RealEnv } from "./env.ts";

const WINDOWS = Deno.build.os === "windows";

export interface RunningProgram {
  readonly execPath: string;
  readonly mainModule: string;
  /** Made by `deno compile`. */
  readonly standalone: boolean;
  readonly pid: number;
  /** @returns the value of an environment variable */
  get(name: string): string | undefined;
}

/** The kernel's name for an executable that was replaced while it ran. */
const DELETED = / \(deleted\)$/;

/** As a parent of ours is called that has become this process: it keeps its pid. */
const LAUNCHER = "WIRE_LAUNCHER";
const LAUNCHER_PID = "WIRE_LAUNCHER_PID";

/**
 * A compiled program is its own executable; from source it is Deno running the main module. A
 * launcher (the npm package's and the single file's shell script) names itself in WIRE_LAUNCHER and
 * its pid in WIRE_LAUNCHER_PID and then becomes us: the pid tells it from one that an agent's host
 * has inherited from another installation.
 */
export function selfCommand(program: RunningProgram): SelfCommand {
  const launcher = program.get(LAUNCHER);
  const isLaunched = program.get(LAUNCHER_PID) === String(program.pid);
  if (launcher !== undefined && isLaunched && path.isAbsolute(launcher)) {
    return { executable: launcher, prefix: [], env: {} };
  }
  return runtimeCommand(program);
}

/** The same without its launcher: what a child of ours is started with. */
export function runtimeCommand(program: RunningProgram): SelfCommand {
  const executable = program.execPath.replace(DELETED, "");
  if (program.standalone) return { executable, prefix: [], env: {} };
  const { mainModule } = program;
  const main = mainModule.startsWith("file:") ? fileOf(new URL(mainModule)) : mainModule;
  const packages = program.get("DENO_DIR");
  return {
    executable,
    prefix: ["run", "-A", "--quiet", "--no-prompt", main],
    env: packages ? { DENO_DIR: path.resolve(packages) } : {},
  };
}

/** As node:url does it, which every command would load for this. */
function fileOf({ pathname }: URL): string {
  const file = decodeURIComponent(pathname);
  return WINDOWS ? path.normalize(file.slice(1)) : file;
}

export class RealProcesses implements Processes {
  readonly pid: number = Deno.pid;
  readonly #env: Pick<Env, "get">;

  constructor(env: Pick<Env, "get"> = new RealEnv()) {
    this.#env = env;
  }

  get self(): SelfCommand {
    return selfCommand(this.#running());
  }

  get executable(): string {
    return Deno.execPath().replace(DELETED, "");
  }

  async isAlive(pid: number): Promise<boolean> {
    if (!Number.isSafeInteger(pid) || pid <= 0) return false;
    if (Deno.build.os === "linux") return livesByStat(await readProc(pid, "stat"));
    return await answersSignalZero(pid);
  }

  async commandLine(pid: number): Promise<readonly string[] | undefined> {
    if (!Number.isSafeInteger(pid) || pid <= 0 || Deno.build.os !== "linux") return undefined;
    const line = await readProc(pid, "cmdline");
    return line === undefined || line === "" ? undefined : line.replace(/\0$/, "").split("\0");
  }

  spawnSelf(options: SpawnOptions): Promise<number> {
    return Promise.resolve(spawnDetached(runtimeCommand(this.#running()), options));
  }

  signal(pid: number, signal: "SIGTERM" | "SIGKILL"): Promise<boolean> {
    return Promise.resolve(signalled(pid, signal));
  }

  onSignal(signals: readonly StopSignal[], handler: (signal: StopSignal) => void): Disposable {
    // Windows knows no SIGTERM that a program could handle.
    const handled = signals.filter((signal) => !WINDOWS || signal !== "SIGTERM");
    const listeners = handled.map((signal) => [signal, () => handler(signal)] as const);
    for (const [signal, listener] of listeners) Deno.addSignalListener(signal, listener);
    return {
      [Symbol.dispose]() {
        for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
      },
    };
  }

  #running(): RunningProgram {
    return {
      execPath: Deno.execPath(),
      mainModule: Deno.mainModule,
      standalone: Deno.build.standalone,
      pid: this.pid,
      get: (name) => this.#env.get(name),
    };
  }
}

/**
 * Starts a command in a session of its own, so that closing our terminal does not end it. Where a
 * log file is wanted a shell opens it and then becomes the command, so that the pid is its own.
 * @throws {WireError} internal, when the command cannot be started
 */
export function spawnDetached(self: SelfCommand, options: SpawnOptions): number {
  const whole = [self.executable, ...self.prefix, ...options.args];
  const logged = options.logFile === undefined || WINDOWS
    ? whole
    : ["/bin/sh", "-c", 'log=$0; exec "$@" >>"$log" 2>&1', options.logFile, ...whole];
  const [command = "", ...args] = logged;
  try {
    const child = new Deno.Command(command, {
      args,
      env: { ...options.env },
      ...(options.directory === undefined ? {} : { cwd: options.directory }),
      stdin: "null",
      stdout: "null",
      stderr: "null",
      detached: true,
    }).spawn();
    child.unref();
    return child.pid;
  } catch (cause) {
    throw new WireError("internal", `Cannot start ${JSON.stringify(command)} in the background`, {
      cause,
    });
  }
}

function signalled(pid: number, signal: "SIGTERM" | "SIGKILL"): boolean {
  // Zero and below would mean whole groups of processes.
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    Deno.kill(pid, signal);
    return true;
  } catch (cause) {
    if (isGone(cause)) return false;
    throw new WireError("refused", `Cannot stop process ${pid}: permission denied`, { cause });
  }
}

const isGone = (error: unknown): boolean =>
  error instanceof Deno.errors.NotFound || /ESRCH|os error 3\b/.test(String(error));

async function readProc(pid: number, file: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(`/proc/${pid}/${file}`);
  } catch (error) {
    const gone = error instanceof Deno.errors.NotFound || /os error 3\b/.test(String(error));
    if (gone) return undefined;
    throw new WireError("internal", `Cannot look at process ${pid}`, { cause: error });
  }
}

/** @param stat of /proc/<pid>: `pid (name) state …`, and the name may itself hold parentheses */
function livesByStat(stat: string | undefined): boolean {
  const state = stat?.slice(stat.lastIndexOf(")") + 2)[0];
  return state !== undefined && !"ZXx".includes(state);
}

async function answersSignalZero(pid: number): Promise<boolean> {
  const { default: process } = await import("node:process");
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

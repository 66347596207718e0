/** Real processes. */
import { WireError } from "../../protocol/errors.ts";
import type { Processes, SpawnOptions, StopSignal } from "../processes.ts";

const WINDOWS = Deno.build.os === "windows";

/** How this program is started again: the executable, and what comes before our own arguments. */
export interface SelfCommand {
  readonly executable: string;
  readonly prefix: readonly string[];
}

export interface RunningProgram {
  readonly execPath: string;
  readonly mainModule: string;
  /** Made by `deno compile`. */
  readonly standalone: boolean;
}

/** The kernel's name for an executable that was replaced while it ran. */
const DELETED = / \(deleted\)$/;

/** A compiled program is its own executable; from source it is Deno running the main module. */
export function selfCommand(program: RunningProgram): SelfCommand {
  const executable = program.execPath.replace(DELETED, "");
  if (program.standalone) return { executable, prefix: [] };
  return { executable, prefix: ["run", "-A", "--quiet", program.mainModule] };
}

export class RealProcesses implements Processes {
  readonly pid: number = Deno.pid;

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
    const self = selfCommand({
      execPath: Deno.execPath(),
      mainModule: Deno.mainModule,
      standalone: Deno.build.standalone,
    });
    return Promise.resolve(spawnDetached(self, options));
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

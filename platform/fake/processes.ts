/** Processes that a test lets live and die. */
import type { Processes, SelfCommand, SpawnOptions, StopSignal } from "../processes.ts";

export class FakeProcesses implements Processes {
  readonly executable: string = "/opt/wire/wire";
  /** Tests may change it. */
  self: SelfCommand = { executable: "/opt/wire/wire", prefix: [], env: {} };
  /** Command lines of the processes that live, by pid. Tests add and delete. */
  readonly living = new Map<number, readonly string[]>();
  readonly spawned: SpawnOptions[] = [];
  /** Signals sent, oldest first. */
  readonly signalled: (readonly [number, string])[] = [];
  /** What a signal does to a living process; it ends unless a test says otherwise. */
  onSignalSent: (pid: number, signal: "SIGTERM" | "SIGKILL") => void = (pid) =>
    void this.living.delete(pid);
  readonly #handlers = new Set<readonly [StopSignal, (signal: StopSignal) => void]>();
  #nextPid = 5_000;

  constructor(readonly pid: number = 4_242) {
    this.living.set(pid, [this.executable]);
  }

  isAlive(pid: number): Promise<boolean> {
    return Promise.resolve(this.living.has(pid));
  }

  commandLine(pid: number): Promise<readonly string[] | undefined> {
    return Promise.resolve(this.living.get(pid));
  }

  spawnSelf(options: SpawnOptions): Promise<number> {
    const pid = this.#nextPid++;
    this.spawned.push(options);
    this.living.set(pid, [this.executable, ...options.args]);
    return Promise.resolve(pid);
  }

  signal(pid: number, signal: "SIGTERM" | "SIGKILL"): Promise<boolean> {
    const isThere = this.living.has(pid);
    if (isThere) {
      this.signalled.push([pid, signal]);
      this.onSignalSent(pid, signal);
    }
    return Promise.resolve(isThere);
  }

  onSignal(signals: readonly StopSignal[], handler: (signal: StopSignal) => void): Disposable {
    const entries = signals.map((signal) => [signal, handler] as const);
    for (const entry of entries) this.#handlers.add(entry);
    return {
      [Symbol.dispose]: () => {
        for (const entry of entries) this.#handlers.delete(entry);
      },
    };
  }

  /** Delivers a signal to this process; what nobody handles is lost. */
  raise(signal: StopSignal): void {
    for (const [wanted, handler] of [...this.#handlers]) if (wanted === signal) handler(signal);
  }
}

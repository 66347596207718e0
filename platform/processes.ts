/** Processes: our own, and the ones we start or ask about. */

export interface SpawnOptions {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** In which it begins; ours unless told. */
  readonly directory?: string;
  /** Where stdout and stderr of the child go; the null device unless told. */
  readonly logFile?: string;
}

/** How this program is started by somebody else, who has nothing of our environment. */
export interface SelfCommand {
  /** Absolute, and without what the kernel adds to the name of a file that was replaced. */
  readonly executable: string;
  /** What comes before our own arguments. */
  readonly prefix: readonly string[];
  /** Where the runtime finds what it needs, if not at its usual place. Never a secret. */
  readonly env: Readonly<Record<string, string>>;
}

export type StopSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

export interface Processes {
  readonly pid: number;
  /** What a pid record calls `bin_path`. */
  readonly executable: string;
  /** For agent hosts and service managers: what a user has installed, however that was. */
  readonly self: SelfCommand;
  /** Whether a process of that id exists and is not a zombie. */
  isAlive(pid: number): Promise<boolean>;
  /** The command line of that process, where the system tells; else undefined. */
  commandLine(pid: number): Promise<readonly string[] | undefined>;
  /**
   * Starts this same program detached, in a session of its own, with the given arguments.
   * @returns the child's pid
   */
  spawnSelf(options: SpawnOptions): Promise<number>;
  /**
   * Asks that process to end, or ends it.
   * @returns false when there is none of that pid
   * @throws {WireError} refused, when it is not ours to end
   */
  signal(pid: number, signal: "SIGTERM" | "SIGKILL"): Promise<boolean>;
  /** Calls back at each of these signals until disposed. */
  onSignal(signals: readonly StopSignal[], handler: (signal: StopSignal) => void): Disposable;
}

/** Surroundings made up by a test. */
import type { Env, OperatingSystem } from "../env.ts";

export interface FakeEnvOptions {
  readonly variables?: Readonly<Record<string, string>>;
  readonly os?: OperatingSystem;
  /** `null`: the system names none. */
  readonly homeDirectory?: string | null;
  readonly hostname?: string;
  readonly currentDirectory?: string;
}

export class FakeEnv implements Env {
  /** Tests may change it at any time. */
  readonly variables: Map<string, string>;
  readonly os: OperatingSystem;
  readonly homeDirectory: string | undefined;
  readonly hostname: string;
  readonly currentDirectory: string;

  constructor(options: FakeEnvOptions = {}) {
    this.variables = new Map(Object.entries(options.variables ?? {}));
    this.os = options.os ?? "linux";
    const home = options.homeDirectory === undefined ? "/home/tester" : options.homeDirectory;
    this.homeDirectory = home ?? undefined;
    this.hostname = options.hostname ?? "test-host";
    this.currentDirectory = options.currentDirectory ?? "/";
  }

  get(name: string): string | undefined {
    return this.variables.get(name);
  }
}

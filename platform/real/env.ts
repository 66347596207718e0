/** The process's real surroundings. */
import type { Env, OperatingSystem } from "../env.ts";

const OPERATING_SYSTEMS: Readonly<Record<string, OperatingSystem>> = {
  linux: "linux",
  android: "linux",
  darwin: "darwin",
  windows: "windows",
};

export class RealEnv implements Env {
  readonly os: OperatingSystem = OPERATING_SYSTEMS[Deno.build.os] ?? "other";

  get(name: string): string | undefined {
    return Deno.env.get(name);
  }

  /** Unix: HOME; Windows: USERPROFILE. An empty value names no directory. */
  get homeDirectory(): string | undefined {
    return this.get(this.os === "windows" ? "USERPROFILE" : "HOME") || undefined;
  }

  get hostname(): string {
    return Deno.hostname();
  }

  get currentDirectory(): string {
    return Deno.cwd();
  }
}

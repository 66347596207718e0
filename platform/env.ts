export type OperatingSystem = "linux" | "darwin" | "windows" | "other";

/** The process's surroundings, read but never written. */
export interface Env {
  get(name: string): string | undefined;
  readonly os: OperatingSystem;
  /** The user's home directory, or undefined if the system names none. */
  readonly homeDirectory: string | undefined;
  readonly hostname: string;
  readonly currentDirectory: string;
}

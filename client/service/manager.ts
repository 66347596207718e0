/** What keeps services running on a system, as `wire service` uses it. */
import type { Platform } from "../../platform/platform.ts";
import { WireError } from "../../protocol/errors.ts";
import { LaunchdManager } from "./launchd.ts";
import { SystemdManager } from "./systemd.ts";
import type { Unit } from "./unit.ts";

/** What the manager itself says of a unit. */
export interface ServiceState {
  readonly active: boolean;
  /** Started at login; undefined when it does not say. */
  readonly enabled: boolean | undefined;
  /** Of its process, while it has one. */
  readonly pid: number | undefined;
  /** Its own words. */
  readonly said: string;
}

export interface ServiceManager {
  readonly platform: "linux-systemd-user" | "macos-launchd";
  readonly unitPath: string;
  /** What the unit's file is to hold. */
  readonly text: string;
  readonly words: { readonly on: string; readonly off: string; readonly installed: string };
  /** Whether that file may be written over. */
  isOurs(text: string): boolean;
  /** Why it cannot be asked; undefined when it answers. */
  absence(): Promise<string | undefined>;
  /** What the system's own checker finds wrong with the file; undefined also without a checker. */
  complaint(): Promise<string | undefined>;
  /** Starts it now and at each login. @returns what went wrong */
  enable(): Promise<string | undefined>;
  disable(): Promise<string | undefined>;
  /** Tells it that the file is gone. */
  forget(): Promise<void>;
  state(): Promise<ServiceState>;
  /** What a person should know, such as that it ends at logout. */
  hint(): Promise<string | undefined>;
}

/** @throws {WireError} refused, on a system without one that we know; usage, without HOME */
export function serviceManager(platform: Platform, unit: Unit): ServiceManager {
  const { os, homeDirectory } = platform.env;
  if (os !== "linux" && os !== "darwin") {
    throw new WireError(
      "refused",
      `unsupported platform: ${os} has no service manager that wire knows`,
      {
        hint: "let the system's own scheduler run: wire daemon",
      },
    );
  }
  if (homeDirectory === undefined) throw new WireError("usage", "HOME env var unset");
  return os === "linux"
    ? new SystemdManager(platform, homeDirectory, unit)
    : new LaunchdManager(platform, homeDirectory, unit);
}

/** systemd's manager of the user's own units. */
import path from "node:path";
import type { ProgramEnd, Programs } from "../../platform/programs.ts";
import type { Platform } from "../../platform/platform.ts";
import { ask, DEADLINE_MS, problemOf } from "./ask.ts";
import type { ServiceManager, ServiceState } from "./manager.ts";
import { isOurUnit, systemdUnit } from "./systemd_unit.ts";
import type { Unit } from "./unit.ts";

const problem = (end: ProgramEnd): string | undefined => problemOf(end, "systemctl");

export class SystemdManager implements ServiceManager {
  readonly platform = "linux-systemd-user";
  readonly unitPath: string;
  readonly text: string;
  readonly words = { on: "active", off: "absent", installed: "installed (inactive)" };
  readonly #name: string;
  readonly #programs: Programs;

  constructor({ programs }: Platform, home: string, unit: Unit) {
    this.#programs = programs;
    this.#name = `${unit.name}.service`;
    this.unitPath = path.join(home, ".config", "systemd", "user", this.#name);
    this.text = systemdUnit(unit);
  }

  isOurs(text: string): boolean {
    return isOurUnit(text);
  }

  async absence(): Promise<string | undefined> {
    return problem(await this.#ask("show-environment"));
  }

  async complaint(): Promise<string | undefined> {
    const end = await this.#programs.run("systemd-analyze", ["--user", "verify", this.unitPath], {
      deadlineMs: DEADLINE_MS,
    });
    if (end === undefined || end.code === 0) return undefined;
    // Without a session of the user there is nobody who could check.
    const about = end.stderr.split("\n").filter((line) => line.includes(this.#name));
    return about.length === 0 ? undefined : about.join("; ");
  }

  async enable(): Promise<string | undefined> {
    return problem(await this.#ask("daemon-reload")) ??
      problem(await this.#ask("enable", this.#name)) ??
      // Also one that runs already takes the new text.
      problem(await this.#ask("restart", this.#name));
  }

  async disable(): Promise<string | undefined> {
    return problem(await this.#ask("disable", "--now", this.#name));
  }

  async forget(): Promise<void> {
    await this.#ask("daemon-reload");
  }

  async state(): Promise<ServiceState> {
    const end = await this.#ask(
      "show",
      "--property=ActiveState,SubState,UnitFileState,MainPID",
      this.#name,
    );
    const values = new Map(
      end.stdout.split("\n").map((
        line,
      ) => [line.split("=", 1)[0] ?? "", line.replace(/^[^=]*=/, "")]),
    );
    const state = values.get("ActiveState");
    if (end.code !== 0 || state === undefined) {
      return {
        active: false,
        enabled: undefined,
        pid: undefined,
        said: problem(end) ?? "nothing",
      };
    }
    const pid = Number(values.get("MainPID"));
    return {
      active: state === "active",
      enabled: values.get("UnitFileState") === "enabled",
      pid: Number.isSafeInteger(pid) && pid > 0 ? pid : undefined,
      said: `${state} (${values.get("SubState") ?? ""})`,
    };
  }

  async hint(): Promise<string | undefined> {
    const end = await this.#programs.run(
      "loginctl",
      ["show-user", "--property=Linger", "--value"],
      {
        deadlineMs: DEADLINE_MS,
      },
    );
    if (end?.code !== 0 || end.stdout.trim() !== "no") return undefined;
    return "it runs while you are logged in; for longer: loginctl enable-linger";
  }

  #ask(...args: readonly string[]): Promise<ProgramEnd> {
    return ask(this.#programs, "systemctl", ["--user", "--no-pager", ...args]);
  }
}

/** launchd, which keeps a user's agents on macOS. Not tried on a Mac: only its texts and calls are. */
import path from "node:path";
import type { ProgramEnd, Programs } from "../../platform/programs.ts";
import type { Platform } from "../../platform/platform.ts";
import { ask, DEADLINE_MS, problemOf } from "./ask.ts";
import { isOurPlist, labelOf, launchdPlist } from "./launchd_plist.ts";
import type { ServiceManager, ServiceState } from "./manager.ts";
import type { Unit } from "./unit.ts";

const problem = (end: ProgramEnd): string | undefined => problemOf(end, "it");

export class LaunchdManager implements ServiceManager {
  readonly platform = "macos-launchd";
  readonly unitPath: string;
  readonly text: string;
  readonly words = { on: "loaded", off: "absent", installed: "installed (not loaded)" };
  readonly #label: string;
  readonly #programs: Programs;

  constructor({ programs }: Platform, home: string, unit: Unit) {
    this.#programs = programs;
    this.#label = labelOf(unit);
    this.unitPath = path.join(home, "Library", "LaunchAgents", `${this.#label}.plist`);
    this.text = launchdPlist(unit);
  }

  isOurs(text: string): boolean {
    return isOurPlist(text);
  }

  async absence(): Promise<string | undefined> {
    return problem(await this.#ask("print", await this.#domain()));
  }

  async complaint(): Promise<string | undefined> {
    const end = await this.#programs.run("plutil", ["-lint", "-s", this.unitPath], {
      deadlineMs: DEADLINE_MS,
    });
    return end === undefined ? undefined : problem(end);
  }

  async enable(): Promise<string | undefined> {
    const domain = await this.#domain();
    // With the label: without one it would be the user's whole session. It fails when none is loaded.
    await this.#ask("bootout", `${domain}/${this.#label}`);
    return problem(await this.#ask("bootstrap", domain, this.unitPath));
  }

  async disable(): Promise<string | undefined> {
    return problem(await this.#ask("bootout", `${await this.#domain()}/${this.#label}`));
  }

  forget(): Promise<void> {
    return Promise.resolve(); // launchd reads the directory at the next login
  }

  async state(): Promise<ServiceState> {
    const end = await this.#ask("print", `${await this.#domain()}/${this.#label}`);
    if (end.code !== 0) {
      return { active: false, enabled: undefined, pid: undefined, said: problem(end) ?? "" };
    }
    const pid = /^\s*pid = (\d+)$/m.exec(end.stdout)?.[1];
    const said = /^\s*state = (.+)$/m.exec(end.stdout)?.[1] ?? "loaded";
    return {
      active: true,
      enabled: true,
      pid: pid === undefined ? undefined : Number(pid),
      said,
    };
  }

  hint(): Promise<string | undefined> {
    return Promise.resolve(undefined);
  }

  async #domain(): Promise<string> {
    const end = await this.#programs.run("id", ["-u"], { deadlineMs: DEADLINE_MS });
    return `gui/${end?.stdout.trim() ?? ""}`;
  }

  #ask(...args: readonly string[]): Promise<ProgramEnd> {
    return ask(this.#programs, "launchctl", args);
  }
}

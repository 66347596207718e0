/** A unit that starts a program which is not there (lesson 40). */
import path from "node:path";
import type { Check } from "../check.ts";
import { fail, pass } from "../finding.ts";
import { shellWord } from "../shell_word.ts";
import type { Scene } from "../scene.ts";

const DELETED = " (deleted)";

export const serviceUnit: Check = {
  id: "service_unit",
  about: "whether the service that starts the daemon names a program that is there",
  lessons: [40, 41],
  async look(scene) {
    const unit = unitOf(scene);
    if (unit === undefined) return pass("no services on this system");
    const { files } = scene.home.platform;
    const text = await files.readText(unit.file);
    const program = text === undefined ? undefined : programIn(text);
    if (program === undefined) return pass("none is installed");
    if (program.endsWith(DELETED)) {
      return fail(`${unit.file} starts ${JSON.stringify(program)}, which is no path`, unit.fix);
    }
    if (path.isAbsolute(program) && await files.stat(program) === undefined) {
      return fail(`${unit.file} starts ${program}, which is not there`, unit.fix);
    }
    return pass(`${unit.file} starts ${program}`);
  },
};

function unitOf({ home }: Scene): { readonly file: string; readonly fix: string } | undefined {
  const { env } = home.platform;
  const user = env.homeDirectory;
  if (user === undefined) return undefined;
  if (env.os === "linux") {
    return {
      file: path.join(user, ".config/systemd/user/wire-daemon.service"),
      fix: "systemctl --user disable --now wire-daemon.service",
    };
  }
  if (env.os !== "darwin") return undefined;
  const file = path.join(user, "Library/LaunchAgents/sh.slancha.wire.daemon.plist");
  return {
    file,
    fix: `launchctl bootout gui/$(id -u)/sh.slancha.wire.daemon; rm ${shellWord(file)}`,
  };
}

/** The first word of the command. */
function programIn(unit: string): string | undefined {
  const line = unit.match(/^ExecStart=[@:+!-]*(.+)$/m)?.[1]?.trim();
  if (line === undefined) {
    return unit.match(/<key>ProgramArguments<\/key>\s*<array>\s*<string>([^<]+)<\/string>/)?.[1];
  }
  const marked = line.match(/^"?(.*?\(deleted\))/)?.[1];
  return marked ?? line.match(/^"((?:[^"\\]|\\.)*)"/)?.[1] ?? line.split(/\s+/, 1)[0];
}

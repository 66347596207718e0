/** Units that start a program which is not there (lesson 40). */
import path from "node:path";
import type { Check, Finding } from "../check.ts";
import { fail, gathered, pass } from "../finding.ts";
import type { Scene } from "../scene.ts";

const DELETED = " (deleted)";

interface Place {
  /** Below the user's home directory. */
  readonly directory: string;
  readonly names: RegExp;
}

const PLACES: Readonly<Record<string, Place>> = {
  linux: { directory: ".config/systemd/user", names: /^wire-(daemon|local-relay).*\.service$/ },
  darwin: { directory: "Library/LaunchAgents", names: /^sh\.slancha\.wire\..*\.plist$/ },
};

export const serviceUnit: Check = {
  id: "service_unit",
  about: "whether the services that start us name a program that is there",
  lessons: [40, 41],
  async look(scene) {
    const { files, env } = scene.home.platform;
    const place = PLACES[env.os];
    const user = env.homeDirectory;
    if (place === undefined || user === undefined) return pass("no services on this system");
    const directory = path.join(user, place.directory);
    const names = (await files.list(directory)).filter((name) => place.names.test(name));
    const found = await Promise.all(names.map((name) => judge(scene, path.join(directory, name))));
    return gathered(found, names.length === 0 ? "none is installed" : names.join(", "));
  },
};

async function judge({ home }: Scene, file: string): Promise<Finding> {
  const { files } = home.platform;
  const program = programIn(await files.readText(file) ?? "");
  const fix = path.basename(file).includes("local-relay") || file.endsWith("local.relay.plist")
    ? "wire service install --local-relay"
    : "wire service install";
  if (program === undefined) return pass(file);
  if (program.endsWith(DELETED)) {
    return fail(`${file} starts ${JSON.stringify(program)}, which is no path`, fix);
  }
  if (path.isAbsolute(program) && await files.stat(program) === undefined) {
    return fail(`${file} starts ${program}, which is not there`, fix);
  }
  return pass(file);
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

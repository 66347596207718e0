/**
 * Entries of agent hosts that start a tool server which is not there, or in a home that is not: the host goes on
 * without our tools, or with somebody else's identity, and tells nobody (lessons 30, 31 and 34).
 */
import path from "node:path";
import type { Files } from "../../../platform/files.ts";
import { homeBelow, refusePlaceholder } from "../../../platform/paths.ts";
import { WireError } from "../../../protocol/errors.ts";
import { Home } from "../../../store/home/home.ts";
import { isEntry, placeOf } from "../../setup/finding.ts";
import type { Entry, Host } from "../../setup/host.ts";
import { HOSTS } from "../../setup/hosts.ts";
import { placesOf } from "../../setup/places.ts";
import type { Check, Finding } from "../check.ts";
import { fail, gathered, pass, warn } from "../finding.ts";
import type { Scene } from "../scene.ts";
import { shellWord } from "../shell_word.ts";

const MAX_BYTES = 64 * 1024 * 1024;

interface Found {
  readonly host: Host;
  readonly file: string;
  readonly entry: Entry;
}

export const agentHosts: Check = {
  id: "agent_hosts",
  about: "whether the tool server that agent hosts are told to start is there, and its home too",
  lessons: [30, 31, 34],
  async look(scene) {
    const { env } = scene.home.platform;
    if (env.homeDirectory === undefined) return pass("the system names no home directory");
    const entries = (await Promise.all(HOSTS.map((host) => entryOf(scene, host)))).flat();
    const found = await Promise.all(entries.map((entry) => judge(scene, entry)));
    const names = entries.map(({ host }) => host.name).join(", ");
    return gathered(found.flat(), names === "" ? "none is set up" : names);
  },
};

/** What cannot be read or parsed is told by wire setup, and starts nothing. */
async function entryOf({ home }: Scene, host: Host): Promise<Found[]> {
  const { files, env } = home.platform;
  const place = await placeOf(files, host, placesOf(env));
  if (place === undefined) return [];
  try {
    const { file } = place;
    const stat = await files.stat(file);
    if (stat === undefined || stat.size > MAX_BYTES) return [];
    const text = await files.readText(file) ?? "";
    const read = host.format.read(text.trim() === "" ? host.format.empty : text, host.path);
    const isThere = read.ok && read.value !== undefined && isEntry(read.value);
    return isThere && isEntry(read.value) ? [{ host, file, entry: read.value }] : [];
  } catch (error) {
    if (error instanceof WireError && error.code === "unreadable") return [];
    throw error;
  }
}

async function judge(scene: Scene, found: Found): Promise<Finding[]> {
  return [...await program(scene.home.platform.files, found), ...await ofHome(scene, found)];
}

async function program(files: Files, { host, file, entry }: Found): Promise<Finding[]> {
  const [command, ...args] = host.shape.started(entry) ?? [];
  if (command === undefined) return [];
  // The program, and what a runtime is to run.
  const needed = [command, ...args.filter((arg) => /\.[cm]?[jt]s$/.test(arg))];
  for (const name of needed.filter((one) => path.isAbsolute(one))) {
    if (await files.stat(name) !== undefined) continue;
    return [fail(
      `${host.name} is to start ${name}, which is not there (${file})`,
      `wire setup --apply --host ${host.id}`,
    )];
  }
  return [];
}

async function ofHome({ home }: Scene, { host, file, entry }: Found): Promise<Finding[]> {
  const env = entry[host.shape.env];
  const named = env !== undefined && isEntry(env) ? env["WIRE_HOME"] : undefined;
  if (typeof named !== "string" || named === "") return [];
  const { platform } = home;
  try {
    refusePlaceholder("WIRE_HOME", named);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const detail =
      `${host.name} gives WIRE_HOME=${named} (${file}): unless it expands that, nothing runs`;
    return [warn(detail, `write the path itself in ${shellWord(file)}`)];
  }
  if (!path.isAbsolute(named)) {
    return [warn(
      `${host.name} gives WIRE_HOME=${named} (${file}): another home in each directory`,
      `write the whole path in ${shellWord(file)}`,
    )];
  }
  const there = new Home(platform, homeBelow(platform.env, named));
  if (await there.isInitialized()) return [];
  return [warn(
    `${host.name} works in ${named} (${file}), which is no home with an identity`,
    `WIRE_HOME=${shellWord(named)} wire up <nick>; or write another home in ${shellWord(file)}`,
  )];
}

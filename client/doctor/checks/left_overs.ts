/** What processes that were killed left behind. */
import path from "node:path";
import { isTemporaryName } from "../../../platform/temporary_name.ts";
import { readPidFile } from "../../../protocol/schemas/pid_record.ts";
import { mailPaths } from "../../../store/mail/mail_paths.ts";
import type { Check, Finding } from "../check.ts";
import { counted, gathered, warn } from "../finding.ts";
import { shellWord } from "../shell_word.ts";
import type { Scene } from "../scene.ts";

/** No write takes this long. */
const LEFT_BEHIND_MS = 10 * 60_000;

export const leftOvers: Check = {
  id: "left_overs",
  about: "temporary files, pid files and sockets of processes that are gone",
  lessons: [18, 43],
  async look(scene) {
    const found = await Promise.all([temporaries(scene), notifier(scene), sockets(scene)]);
    return gathered(found.flat(), "none");
  },
};

async function temporaries({ home }: Scene): Promise<Finding[]> {
  const { files, clock } = home.platform;
  const { configRoot, stateRoot } = home.paths;
  const { delivery, quarantine } = mailPaths(stateRoot);
  const { pair2, pendingPairs, pendingInbound } = home.file;
  const directories = new Set([configRoot, stateRoot, delivery, quarantine]);
  for (const directory of [pair2, pendingPairs, pendingInbound]) directories.add(directory);
  let left = 0;
  for (const directory of directories) {
    for (const name of await files.list(directory)) {
      if (!isTemporaryName(name)) continue;
      const modifiedMs = (await files.stat(path.join(directory, name)))?.modifiedMs;
      if (modifiedMs !== undefined && clock.now() - modifiedMs > LEFT_BEHIND_MS) left++;
    }
  }
  if (left === 0) return [];
  return [warn(
    `${
      counted(left, "half-written file")
    }, which may hold secrets: a daemon removes them when it starts`,
    "wire upgrade",
  )];
}

async function notifier({ home }: Scene): Promise<Finding[]> {
  const { files, processes } = home.platform;
  const file = path.join(home.paths.stateRoot, "notify.pid");
  const found = readPidFile(await files.readText(file));
  if (found.tag === "missing") return [];
  const pid = found.tag === "record" ? found.record.pid : found.tag === "legacy" ? found.pid : 0;
  if (pid > 0 && await processes.isAlive(pid)) return [];
  return [warn(`${file} names no living process`, `rm ${shellWord(file)}`)];
}

async function sockets(scene: Scene): Promise<Finding[]> {
  const { home } = scene;
  const { files, machine } = home.platform;
  if ((await scene.daemon()).running) return [];
  const { stateRoot } = home.paths;
  const found: Finding[] = [];
  for (const name of await files.list(stateRoot)) {
    const file = path.join(stateRoot, name);
    if ((await machine.entry(file))?.kind !== "socket") continue;
    found.push(warn(`${file} is the socket of a daemon that is gone`, `rm ${shellWord(file)}`));
  }
  return found;
}

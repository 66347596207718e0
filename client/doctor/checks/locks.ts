/** Locks that somebody keeps: every wait for one has an end, and no lock should need it (lesson 43). */
import path from "node:path";
import { instantMs } from "../../../protocol/text/instant.ts";
import { mailPaths } from "../../../store/mail/mail_paths.ts";
import type { Check, Finding } from "../check.ts";
import { duration, fail, gathered, warn } from "../finding.ts";
import { shellWord } from "../shell_word.ts";
import type { Scene } from "../scene.ts";

/** A rewrite takes milliseconds; a lock that is held this long is looked at again. */
const PATIENCE_MS = 1_000;
const LONG_MS = 30_000;

/** Held for life: by daemon and watchers, and by whoever drives a pairing at a terminal. */
const LASTING = /[\\/](daemon|notify|reactor)\.lock$|\.driver\.lock$/;

export const locks: Check = {
  id: "locks",
  about: "whether a lock is held by nobody who would ever free it",
  lessons: [43],
  async look(scene) {
    const { home } = scene;
    const files = await lockFiles(scene);
    const before = await Promise.all(files.map((file) => home.platform.files.lockHolder(file)));
    const held = files.filter((_, index) => before[index] !== undefined);
    if (held.length === 0) return gathered([], "none is held");
    const suspects = held.filter((file) => !LASTING.test(file));
    if (suspects.length > 0) await home.platform.clock.sleep(PATIENCE_MS);
    const found = await Promise.all(held.map((file) => judge(scene, file)));
    return gathered(found.flat(), "none is held for long");
  },
};

async function lockFiles({ home }: Scene): Promise<string[]> {
  const { configRoot, stateRoot } = home.paths;
  const directories = [configRoot, stateRoot, mailPaths(stateRoot).locks, home.file.pairingLocks];
  const found = await Promise.all([...new Set(directories)].map(async (directory) => {
    const names = await home.platform.files.list(directory);
    return names.filter((name) => name.endsWith(".lock")).map((name) => path.join(directory, name));
  }));
  return found.flat();
}

async function judge({ home }: Scene, file: string): Promise<Finding[]> {
  const { files, processes, clock } = home.platform;
  const holder = await files.lockHolder(file);
  if (holder === undefined) return [];
  const pid = Number(holder.match(/\(pid (\d{1,10})\)/)?.[1] ?? NaN);
  if (Number.isNaN(pid)) {
    return [
      warn(`${file} is held by ${holder}`, `see who has it open: fuser -v ${shellWord(file)}`),
    ];
  }
  if (!await processes.isAlive(pid)) {
    return [fail(
      `${file} is held in the name of ${holder}, which has ended: a process that it started keeps it`,
      `see who has it open and end that: fuser -v ${shellWord(file)}`,
    )];
  }
  const since = instantMs(holder.match(/ since (\S+)$/)?.[1]);
  const isLasting = LASTING.test(file);
  const heldMs = since === undefined ? 0 : clock.now() - since;
  if (isLasting || heldMs < LONG_MS) return [];
  return [warn(`${file} has been held for ${duration(heldMs)} by ${holder}`, `kill ${pid}`)];
}

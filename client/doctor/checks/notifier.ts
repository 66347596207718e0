/**
 * A notifier that runs where nothing can show what it says: it fails without a word, by contract. See
 * docs/protocol/cli.md §8.
 */
import path from "node:path";
import { userLockFile } from "../../notify/user_lock.ts";
import type { Check } from "../check.ts";
import { pass, warn } from "../finding.ts";
import type { Scene } from "../scene.ts";

const PROGRAM = "notify-send";

export const notifier: Check = {
  id: "notifier",
  about: "whether this machine can show the notifications of the notifier that runs",
  lessons: [38],
  async look(scene) {
    const { platform } = scene.home;
    const { env, files } = platform;
    // The lock of a home says less: whoever prints messages holds it, too.
    const file = await userLockFile(platform);
    const holder = file === undefined ? undefined : await files.lockHolder(file);
    if (holder === undefined) return pass("no notifier runs");
    if (env.os !== "linux") return pass(`${holder} runs`);
    if (await isInPath(scene)) return pass(`${holder} runs, and there is a ${PROGRAM}`);
    return warn(
      `${holder} runs, and there is no ${PROGRAM}: nobody sees its notifications`,
      "sudo apt-get install libnotify-bin, or wire notify --json for a program that shows them",
    );
  },
};

async function isInPath({ home: { platform: { env, files } } }: Scene): Promise<boolean> {
  for (const directory of (env.get("PATH") ?? "").split(":")) {
    if (!path.isAbsolute(directory)) continue;
    if ((await files.stat(path.join(directory, PROGRAM)))?.isFile === true) return true;
  }
  return false;
}

/** The daemon and the watchers hear of new lines from the system, as long as it lets them. */
import type { Check } from "../check.ts";
import { pass, warn } from "../finding.ts";

export const watches: Check = {
  id: "watches",
  about: "whether the system still lets us watch directories",
  lessons: [],
  async look({ home }) {
    const { files, machine } = home.platform;
    const { inbox } = home.file;
    if (await files.stat(inbox) === undefined) return pass("nothing to watch yet");
    const problem = await machine.watchProblem(inbox);
    if (problem === undefined) return pass("it does");
    return warn(
      `${inbox} cannot be watched (${problem}): new mail shows up late`,
      "sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512",
    );
  },
};

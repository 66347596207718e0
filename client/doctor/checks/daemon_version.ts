/** A daemon that outlives an upgrade runs the old program on new files (lessons 1, 41 and 45). */
import { VERSION } from "../../../protocol/version.ts";
import type { Check } from "../check.ts";
import { pass, warn } from "../finding.ts";

export const daemonVersion: Check = {
  id: "daemon_version",
  about: "whether the running daemon is of the version that is installed",
  lessons: [1, 41, 45],
  async look(scene) {
    const { running, foreign, pidFile } = await scene.daemon();
    if (!running || foreign !== undefined) return pass("no daemon of ours runs");
    if (pidFile.tag !== "record") return warn("its version is not known", "wire upgrade");
    const { version } = pidFile.record;
    if (version === VERSION) return pass(version);
    return warn(`the running daemon is ${version}, this is ${VERSION}`, "wire upgrade");
  },
};

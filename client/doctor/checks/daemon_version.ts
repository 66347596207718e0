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
    // What it says itself comes before what a file says of it.
    const live = await scene.live();
    const version = live?.version ??
      (pidFile.tag === "record" ? pidFile.record.version : undefined);
    if (version === undefined) return warn("its version is not known", "wire upgrade");
    if (version === VERSION) return pass(version);
    return warn(`the running daemon is ${version}, this is ${VERSION}`, "wire upgrade");
  },
};

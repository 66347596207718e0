/** Whether a home that ours has worked on was prepared for 0.5.19. See docs/protocol/extensions.md §12. */
import path from "node:path";
import { readPidFile } from "../../../protocol/schemas/pid_record.ts";
import { VERSION } from "../../../protocol/version.ts";
import { mailPaths } from "../../../store/mail/mail_paths.ts";
import { readWentBack } from "../../go_back/record.ts";
import type { Check } from "../check.ts";
import { fail, pass, warn } from "../finding.ts";
import type { Scene } from "../scene.ts";

export const goBack: Check = {
  id: "go_back",
  about: "whether another version of the program works on a home that was not given back to it",
  lessons: [1, 12],
  async look(scene) {
    const record = await readWentBack(scene.home);
    const { running, foreign } = await scene.daemon();
    const other = await otherVersion(scene);
    if (record !== undefined && record.done_at === undefined) {
      return warn("wire go-back was begun and did not end", "wire go-back");
    }
    if (record !== undefined && running && foreign === undefined) {
      return warn(
        "this home is prepared for 0.5.19, and ours runs on it: peers see the smaller card",
        "wire up",
      );
    }
    if (record !== undefined) return pass(`prepared for 0.5.19 since ${record.done_at}`);
    if (other === undefined || !await wasOurs(scene)) {
      return pass("not asked for: the home is ours");
    }
    const stop = foreign === undefined ? "" : `kill ${foreign.pid} && `;
    return fail(
      `wire ${other} has worked on this home since ours did, and it was not prepared for it: ` +
        "peers may go on sending what only ours reads",
      `${stop}wire go-back`,
    );
  },
};

/** Of the record that was written last, if another program wrote it. */
async function otherVersion({ home }: Scene): Promise<string | undefined> {
  const { stateRoot } = home.paths;
  for (const name of ["daemon.pid", "notify.pid"]) {
    const found = readPidFile(await home.platform.files.readText(path.join(stateRoot, name)));
    if (found.tag === "legacy") return "before 0.5.11";
    if (found.tag === "record" && found.record.version !== VERSION) {
      if (/^0\.[5-9]\./.test(found.record.version)) return found.record.version;
    }
  }
  return undefined;
}

/** Only our program makes these. */
async function wasOurs({ home }: Scene): Promise<boolean> {
  const { files } = home.platform;
  const traces = [mailPaths(home.paths.stateRoot).delivery, home.file.daemonLock, home.file.pair2];
  const found = await Promise.all(traces.map((file) => files.stat(file)));
  return found.some((stat) => stat !== undefined);
}

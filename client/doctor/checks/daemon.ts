/** See docs/protocol/cli.md §7.6: only this home's daemon is judged, whoever else runs here. */
import { readWentBack } from "../../go_back/record.ts";
import type { Check } from "../check.ts";
import { fail, pass } from "../finding.ts";

export const daemon: Check = {
  id: "daemon",
  about: "whether one daemon, and no more, serves this home",
  lessons: [5, 35, 36, 42],
  async look(scene) {
    const { running, pid, foreign } = await scene.daemon();
    const isGivenBack = (await readWentBack(scene.home))?.done_at !== undefined;
    if (isGivenBack && (!running || pid === foreign?.pid)) {
      const who = foreign === undefined ? "none of ours" : `0.5.19's (pid ${foreign.pid})`;
      return pass(`${who}: this home is prepared for 0.5.19`);
    }
    if (foreign !== undefined) {
      const name = `a daemon of wire ${foreign.version ?? "before 0.5.11"} (pid ${foreign.pid})`;
      const beside = running && pid !== foreign.pid ? ` beside ours (pid ${pid})` : "";
      return fail(
        `${name} works on this home${beside}: two writers lose mail, and ours does not start`,
        `kill ${foreign.pid} && wire daemon`,
      );
    }
    if (running) return pass(`running (pid ${pid})`);
    if (!await scene.home.isInitialized()) return pass("none, and no identity that needs one");
    return fail("nothing is running: mail neither comes nor goes", "wire daemon");
  },
};

/** See docs/protocol/identity-and-events.md §24. */
import type { PidRecord } from "../../../protocol/schemas/pid_record.ts";
import { PID_SCHEMA } from "../../../protocol/schemas/pid_record.ts";
import { VERSION } from "../../../protocol/version.ts";
import type { Check } from "../check.ts";
import { pass, warn } from "../finding.ts";
import type { Scene } from "../scene.ts";

const RESTART = "wire upgrade";

export const daemonPidConsistency: Check = {
  id: "daemon_pid_consistency",
  about: "whether daemon.pid tells the truth to people and to 0.5.19",
  lessons: [35, 42],
  async look(scene) {
    const { pidFile } = await scene.daemon();
    const { processes } = scene.home.platform;
    switch (pidFile.tag) {
      case "missing":
        return pass("no daemon.pid");
      case "corrupt":
        return warn(`daemon.pid is corrupt: ${pidFile.detail}`, RESTART);
      case "legacy": {
        const life = await processes.isAlive(pidFile.pid) ? "alive" : "dead";
        return warn(`daemon.pid is of before 0.5.11: pid ${pidFile.pid} (${life})`, RESTART);
      }
      case "record":
    }
    const { record } = pidFile;
    if (!await processes.isAlive(record.pid)) {
      return warn(`daemon.pid names pid ${record.pid}, which is dead`, "wire daemon");
    }
    const drifts = await driftsOf(record, scene);
    if (drifts.length === 0) return pass(`daemon.pid agrees (pid ${record.pid})`);
    return warn(`daemon.pid differs: ${drifts.join("; ")}`, RESTART);
  },
};

async function driftsOf(record: PidRecord, scene: Scene): Promise<string[]> {
  const { files } = scene.home.platform;
  const drifts: string[] = [];
  if (record.schema !== PID_SCHEMA) drifts.push(`schema ${record.schema}`);
  if (record.version !== VERSION) drifts.push(`version ${record.version}, this is ${VERSION}`);
  if (await files.stat(record.bin_path) === undefined) {
    drifts.push(`its program ${record.bin_path} is gone from the disk`);
  }
  const { did } = await scene.identity();
  if (record.did !== undefined && record.did !== did) drifts.push(`did ${record.did ?? "none"}`);
  const bound = (await scene.relayState()).self?.relay_url ?? null;
  if (record.relay_url !== undefined && record.relay_url !== bound) {
    drifts.push(`relay ${record.relay_url ?? "none"}, bound is ${bound ?? "none"}`);
  }
  return drifts;
}

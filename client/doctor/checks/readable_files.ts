/** Every file that we read, read: what is broken is not the same as what is missing (lesson 11). */
import path from "node:path";
import { WireError } from "../../../protocol/errors.ts";
import { readBlocklist } from "../../../store/home/blocklist.ts";
import { readClaimedNicks } from "../../../store/home/claimed_nicks.ts";
import { readConfig } from "../../../store/home/config.ts";
import { readGrants } from "../../../store/home/grants.ts";
import type { Home } from "../../../store/home/home.ts";
import { readJsonObject } from "../../../store/home/json_file.ts";
import { PendingInbound } from "../../../store/home/pending_inbound.ts";
import type { Check, Finding } from "../check.ts";
import { fail, gathered, warn } from "../finding.ts";

const REPAIR = "repair it, or restore it from a backup; until then nothing is done on a guess";

export const readableFiles: Check = {
  id: "readable_files",
  about: "whether every file of the home can be read and understood",
  lessons: [11],
  async look(scene) {
    const { home } = scene;
    const found = await Promise.all([
      read(() => scene.trust()),
      read(() => scene.relayState()),
      read(() => readGrants(home)),
      read(() => readBlocklist(home)),
      read(() => readClaimedNicks(home)),
      ...OTHERS.map((file) => read(() => readJsonObject(home.platform.files, file(home)))),
      configured(home),
      records((onProblem) => home.pendingPairs.list(onProblem)),
      records((onProblem) => home.pair2.list(onProblem)),
      records((onProblem) => new PendingInbound(home).list(onProblem)),
    ]);
    return gathered(found.flat(), "all can be read");
  },
};

const OTHERS: readonly ((home: Home) => string)[] = [
  ({ paths }) => path.join(paths.configRoot, "relay-features.json"),
  // What cannot be read there counts as yes to every stranger's request, as in 0.5.19.
  ({ paths }) => path.join(paths.configRoot, "policy.json"),
  ({ paths }) => path.join(paths.stateRoot, "pair-requests.json"),
  ({ paths }) => path.join(paths.stateRoot, "went-back.json"),
  ({ paths }) => path.join(paths.stateRoot, "upgrade-plan.json"),
];

async function read(reader: () => Promise<unknown>): Promise<Finding[]> {
  try {
    await reader();
    return [];
  } catch (error) {
    return [broken(error)];
  }
}

async function configured(home: Home): Promise<Finding[]> {
  try {
    const { warnings } = await readConfig(home);
    return warnings.map((line) => warn(line, `correct the spelling in ${home.file.config}`));
  } catch (error) {
    return [broken(error)];
  }
}

async function records(
  list: (onProblem: (problem: WireError) => void) => Promise<unknown>,
): Promise<Finding[]> {
  const found: Finding[] = [];
  try {
    await list((problem) => found.push(broken(problem)));
  } catch (error) {
    found.push(broken(error));
  }
  return found;
}

function broken(error: unknown): Finding {
  if (!(error instanceof WireError)) throw error;
  return fail(error.message, error.hint ?? REPAIR);
}

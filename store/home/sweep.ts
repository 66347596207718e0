/**
 * Removes what atomic writes left behind when their process was killed. Such a file may hold a
 * pairing's seed, and 0.5.19 would take one in `pending-pair/` for a second record.
 */
import path from "node:path";
import { isTemporaryName } from "../../platform/temporary_name.ts";
import { mailPaths } from "../mail/mail_paths.ts";
import type { Home } from "./home.ts";

/** No write takes this long: what is younger may still be somebody's. */
const LEFT_BEHIND_MS = 10 * 60_000;

/**
 * @returns how many there were
 * @throws {WireError} write_failed, unreadable
 */
export async function sweepTemporaries(home: Home): Promise<number> {
  const { files, clock } = home.platform;
  const { configRoot, stateRoot } = home.paths;
  const { delivery, quarantine, inbox, archive, sent } = mailPaths(stateRoot);
  let swept = 0;
  const { pair2, pendingPairs, pendingInbound } = home.file;
  const pairings = [pair2, pendingPairs, pendingInbound];
  const directories = [
    configRoot,
    stateRoot,
    ...pairings,
    delivery,
    quarantine,
    inbox,
    archive,
    sent,
  ];
  for (const directory of directories) {
    for (const name of await files.list(directory)) {
      if (!isTemporaryName(name)) continue;
      const file = path.join(directory, name);
      const modifiedMs = (await files.stat(file))?.modifiedMs ?? clock.now();
      if (clock.now() - modifiedMs < LEFT_BEHIND_MS) continue;
      if (await files.remove(file, { point: "home.sweep" })) swept++;
    }
  }
  return swept;
}

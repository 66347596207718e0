/**
 * What keeps a user's notifiers to one: a lock in the sessions' root. A user without sessions has no
 * such root; there the lock of the home is all. See docs/lessons.md, 38.
 */
import path from "node:path";
import type { Platform } from "../../platform/platform.ts";
import type { Home } from "../../store/home/home.ts";
import { sessionsRoot } from "../../store/sessions/sessions_root.ts";

export const NOTIFIER = "wire notify";

/** Its dot keeps it apart from the lock of a session of any name. */
const USER_LOCK = ".notify.lock";

/** @returns undefined where there is no root. @throws {WireError} usage, unreadable */
export async function userLockFile(platform: Platform): Promise<string | undefined> {
  const root = await sessionsRoot(platform);
  const isThere = (await platform.files.stat(root))?.isDirectory === true;
  return isThere ? path.join(root, USER_LOCK) : undefined;
}

/** Held by whatever shows, or prints, that home's news. */
export const homeLockFile = ({ paths }: Home): string => path.join(paths.stateRoot, "notify.lock");

/** Who tells this home's news now, if anybody does. @throws {WireError} usage, unreadable */
export async function runningNotifier(home: Home): Promise<string | undefined> {
  const { platform, platform: { files } } = home;
  const user = await userLockFile(platform);
  const ofUser = user === undefined ? undefined : await files.lockHolder(user);
  return ofUser ?? await files.lockHolder(homeLockFile(home));
}

/**
 * The homes of this machine's user: the one that the environment names, every session, and the home
 * whose sessions they are, so that it does not matter from which of them one looks.
 */
import path from "node:path";
import { homeBelow, homePaths } from "../../platform/paths.ts";
import type { Platform } from "../../platform/platform.ts";
import { Home } from "../../store/home/home.ts";
import { Sessions } from "../../store/sessions/sessions.ts";
import { atHome } from "../sessions/find_home.ts";
import { hasInbox, type Place } from "./covered_home.ts";

/**
 * Without sessions that are being destroyed; others than this home only where mail has come.
 * @returns by state directory
 * @throws {WireError} usage, unreadable
 */
export async function placesOfUser(own: Home): Promise<ReadonlyMap<string, Place>> {
  const { platform } = own;
  const sessions = await Sessions.open(platform);
  const places = new Map<string, Place>();
  const put = (home: Home, session: string | undefined): void =>
    void places.set(home.paths.stateRoot, { home, session });
  // A session that is gone is not made again by looking at it.
  if (!isBelow(sessions.root, own)) put(own, undefined);
  const main = mainHome(platform, sessions.root);
  if (main !== undefined && main.paths.stateRoot !== own.paths.stateRoot && await hasInbox(main)) {
    put(main, undefined);
  }
  for (const { name, home } of await sessions.list()) {
    if (home.paths.stateRoot === own.paths.stateRoot || await hasInbox(home)) put(home, name);
  }
  return places;
}

/** Whose sessions lie in that root; undefined for a root that is no home's. */
function mainHome(platform: Platform, root: string): Home | undefined {
  const unnamed = atHome(platform, "").env;
  if (unnamed.homeDirectory !== undefined) {
    const paths = homePaths(unnamed);
    if (paths.sessionsRoots.includes(root)) return new Home(platform, paths);
  }
  if (path.basename(root) !== "sessions") return undefined;
  return new Home(platform, homeBelow(platform.env, path.dirname(root)));
}

const isBelow = (root: string, { paths: { stateRoot } }: Home): boolean =>
  path.resolve(stateRoot, "..", "..", "..") === path.resolve(root);

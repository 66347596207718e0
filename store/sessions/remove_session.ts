/**
 * Removes a session's home with everything in it, and nothing that is not ours: a directory in which
 * anything else lies stays as it is. See docs/protocol/cli.md §7.1.
 */
import path from "node:path";
import type { Files } from "../../platform/files.ts";
import { isTemporaryName } from "../../platform/temporary_name.ts";
import { WireError } from "../../protocol/errors.ts";
import { quote } from "../../protocol/json/quote.ts";
import type { Session, Sessions } from "./sessions.ts";

/** What may lie in a home, two levels deep. */
const OURS: Readonly<Record<string, readonly string[]>> = { config: ["wire"], state: ["wire"] };
/** A few are enough to see what it is. */
const MAX_NAMED = 5;

/** @throws {WireError} refused, naming what is not ours */
export async function refuseStrangers(files: Files, { name, directory }: Session): Promise<void> {
  const strangers: string[] = [];
  for (const entry of await files.list(directory)) {
    const ours = Object.hasOwn(OURS, entry) ? OURS[entry] : undefined;
    const below = (await files.stat(path.join(directory, entry)))?.isDirectory === true
      ? await files.list(path.join(directory, entry))
      : [];
    if (ours === undefined && !(entry === "sessions" && below.length === 0)) strangers.push(entry);
    const others = ours === undefined ? [] : below.filter((inner) => !ours.includes(inner));
    strangers.push(...others.map((inner) => `${entry}/${inner}`));
  }
  if (strangers.length === 0) return;
  const named = strangers.slice(0, MAX_NAMED).map(quote).join(", ");
  const more = strangers.length > MAX_NAMED ? ` and ${strangers.length - MAX_NAMED} more` : "";
  throw new WireError(
    "refused",
    `Cannot destroy session ${name}: its directory holds what is not the session's: ${named}${more}`,
    { hint: `move that out of ${directory} first, or remove it yourself` },
  );
}

/**
 * The home first, then its name: whoever is interrupted finds it whole, or gone. Again is the same.
 * @throws {WireError} refused, locked, unreadable, write_failed
 */
export async function removeSession(
  files: Files,
  sessions: Sessions,
  session: Session,
): Promise<void> {
  await refuseStrangers(files, session);
  await files.removeTree(session.directory, { point: "sessions.destroyed" });
  await sessions.release(session.name);
  await sweep(files, sessions.root);
}

/** What an interrupted removal has left aside; the caller holds no other session's files. */
async function sweep(files: Files, root: string): Promise<void> {
  for (const name of await files.list(root)) {
    const left = path.join(root, name);
    if (!isTemporaryName(name) || (await files.stat(left))?.isDirectory !== true) continue;
    await files.removeTree(left, { point: "sessions.swept" });
  }
}

/**
 * Opens inbox and outbox, and nothing else, to a group, so that an agent under another user with
 * just these two directories mounted can work: it reads the one and appends to the other.
 * See docs/protocol/extensions.md §14 ruling 3 and docs/getting-started.md.
 */
import { unreadable } from "../../platform/file_errors.ts";
import type { Files } from "../../platform/files.ts";
import { isHandle } from "../../protocol/ids.ts";
import { handlesOf, mailFile } from "../mail/mail_paths.ts";
import type { Home } from "./home.ts";

/** The set-group bit: what is made inside belongs to the group too. */
const INBOX_MODE = 0o2750;
const INBOX_FILE_MODE = 0o640;
const OUTBOX_MODE = 0o2770;
const OUTBOX_FILE_MODE = 0o660;
const GROUPS = "/etc/group";

/**
 * Safe to repeat; changes only what differs. Each pinned peer gets an outbox file, because one that
 * an agent makes belongs to the agent, and we could not sign in it.
 * @param group a name from /etc/group, or a number
 * @throws {WireError} unreadable, when there is no such group; write_failed
 */
export async function shareMail(home: Home, group: string): Promise<void> {
  const { files } = home.platform;
  const gid = await groupNumber(files, group, home.file.config);
  const { inbox, outbox } = home.file;
  const { peers } = await home.readRelayState();
  for (const [directory, mode] of [[inbox, INBOX_MODE], [outbox, OUTBOX_MODE]] as const) {
    await files.ensureDirectory(directory);
    await open(files, directory, { gid, mode });
  }
  for (const peer of Object.keys(peers)) {
    if (!isHandle(peer)) continue;
    const file = mailFile(outbox, peer);
    if (await files.stat(file) === undefined) {
      await files.append(file, "", { point: "outbox.share" });
    }
  }
  for (const [directory, mode] of [[inbox, INBOX_FILE_MODE], [outbox, OUTBOX_FILE_MODE]] as const) {
    for (const peer of handlesOf(await files.list(directory))) {
      await open(files, mailFile(directory, peer), { gid, mode });
    }
  }
}

async function open(
  files: Files,
  target: string,
  { gid, mode }: { readonly gid: number; readonly mode: number },
): Promise<void> {
  const stat = await files.stat(target);
  if (stat === undefined || (stat.group === gid && stat.mode === mode)) return;
  await files.setGroup(target, gid);
  await files.chmod(target, mode); // after the group: changing it clears the set-group bit
}

async function groupNumber(files: Files, group: string, config: string): Promise<number> {
  if (/^\d{1,9}$/.test(group)) return Number(group);
  for (const line of (await files.readText(GROUPS) ?? "").split("\n")) {
    const [name, , number] = line.split(":");
    if (name === group && number !== undefined && /^\d{1,9}$/.test(number)) return Number(number);
  }
  throw unreadable(
    config,
    `files.group is ${JSON.stringify(group)}: expected a group of ${GROUPS}`,
  );
}

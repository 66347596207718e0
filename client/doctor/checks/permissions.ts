/** Who can read what lies here. See docs/protocol/identity-and-events.md §2. */
import path from "node:path";
import type { Check, Finding } from "../check.ts";
import { fail, gathered, warn } from "../finding.ts";
import { shellWord } from "../shell_word.ts";
import type { Scene } from "../scene.ts";

const FOR_OTHERS = 0o077;
/** Config files with a key or tokens in them. */
const SECRETS = ["private.key", "relay.json", "grants.json"];

export const permissions: Check = {
  id: "permissions",
  about: "whether key, tokens and mail are this user's alone",
  lessons: [18],
  async look(scene) {
    const { configRoot, stateRoot } = scene.home.paths;
    const found = await Promise.all([
      ...[...new Set([configRoot, stateRoot])].map((root) => ofDirectory(scene, root)),
      ...SECRETS.map((name) => ofSecret(scene, path.join(configRoot, name))),
    ]);
    return gathered(found.flat(), "closed to everybody else");
  },
};

async function ofDirectory(scene: Scene, root: string): Promise<Finding[]> {
  const { files } = scene.home.platform;
  const stat = await files.stat(root);
  const mode = stat?.isDirectory === true ? stat.mode : undefined;
  const isOpen = mode !== undefined && (mode & FOR_OTHERS) !== 0;
  const strangers = isOpen
    ? [warn(`${root} is open to other users (mode ${octal(mode)})`, `chmod 700 ${shellWord(root)}`)]
    : [];
  return [...strangers, ...await ofOwner(scene, root)];
}

async function ofSecret(scene: Scene, file: string): Promise<Finding[]> {
  const stat = await scene.home.platform.files.stat(file);
  const mode = stat?.isFile === true ? stat.mode : undefined;
  const isOpen = mode !== undefined && (mode & FOR_OTHERS) !== 0;
  const open = isOpen
    ? [fail(`${file} can be read by others (mode ${octal(mode)})`, `chmod 600 ${shellWord(file)}`)]
    : [];
  return [...open, ...await ofOwner(scene, file)];
}

/** A file of root's, after one `sudo wire …`, stops every later command of the user. */
async function ofOwner({ home }: Scene, file: string): Promise<Finding[]> {
  const { machine } = home.platform;
  const { userId } = machine;
  const owner = (await machine.entry(file))?.owner;
  if (userId === undefined || owner === undefined || owner === userId) return [];
  return [fail(
    `${file} belongs to user ${owner}, we are ${userId}`,
    `sudo chown -R ${userId} ${shellWord(file)}`,
  )];
}

const octal = (mode: number): string => (mode & 0o7777).toString(8).padStart(4, "0");

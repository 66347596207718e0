/** Other homes of this user: none may be ours under another name, and none be forgotten. */
import { WireError } from "../../../protocol/errors.ts";
import { stringMember } from "../../../protocol/json/value.ts";
import { daemonSnapshot } from "../../../store/home/daemon_state.ts";
import type { Home } from "../../../store/home/home.ts";
import { readJsonObject } from "../../../store/home/json_file.ts";
import { backlogs } from "../../../store/mail/backlog.ts";
import { type OtherHome, otherHomes } from "../../sessions/other_homes.ts";
import { ownRoutes } from "../../sync/routes.ts";
import type { Check, Finding } from "../check.ts";
import { counted, fail, gathered, warn } from "../finding.ts";
import { shellWord } from "../shell_word.ts";
import type { Scene } from "../scene.ts";

/** More are not looked at. */
const MOST_HOMES = 200;

export const sisterHomes: Check = {
  id: "sister_homes",
  about:
    "homes of this user that share our key or mailbox, are empty, or have mail that nobody sends",
  lessons: [28, 29, 33, 36, 37],
  async look(scene) {
    const others = await otherHomes(scene.home, MOST_HOMES);
    const found = await Promise.all(others.map((other) => judge(scene, other)));
    return gathered(found.flat(), `${counted(others.length, "other home")}, each its own`);
  },
};

async function judge(scene: Scene, other: OtherHome): Promise<Finding[]> {
  const { home } = other;
  try {
    const where = other.directory ?? home.paths.configRoot;
    if (!await home.isInitialized()) return await empty(other);
    return [...await shared(scene, home, where), ...await idle(other, where)];
  } catch (error) {
    if (error instanceof WireError) return []; // its own doctor says so
    throw error;
  }
}

/** A directory that somebody made and never used. */
async function empty({ directory, home }: OtherHome): Promise<Finding[]> {
  const { files } = home.platform;
  if (directory === undefined || await files.stat(home.file.privateKey) !== undefined) return [];
  return [warn(
    `${directory} is a home without an identity`,
    `begin it: WIRE_HOME=${shellWord(directory)} wire init <handle>; or remove it: rm -r ${
      shellWord(directory)
    }`,
  )];
}

async function shared(scene: Scene, home: Home, where: string): Promise<Finding[]> {
  const [ours, theirs] = await Promise.all([scene.home, home].map(slotsOf));
  const slot = ours?.find((one) => theirs?.includes(one));
  const [ourDid, theirDid] = await Promise.all([scene.home, home].map(didOf));
  if (slot === undefined && (ourDid === undefined || ourDid !== theirDid)) return [];
  const what = slot === undefined ? `the identity ${ourDid}` : "our mailbox";
  return [fail(
    `${where} has ${what} too: two homes drain each other's mail`,
    `keep one of them; give the other a new identity in an empty directory: wire init <handle>`,
  )];
}

const slotsOf = async (home: Home): Promise<readonly string[]> =>
  ownRoutes(await home.readRelayState()).map(({ relayUrl, slotId }) => `${relayUrl} ${slotId}`);

async function didOf({ platform: { files }, file }: Home): Promise<string | undefined> {
  const card = await readJsonObject(files, file.card);
  return card && stringMember(card, "did");
}

async function idle({ directory, home }: OtherHome, where: string): Promise<Finding[]> {
  const { files } = home.platform;
  const queued = await backlogs({ files, stateRoot: home.paths.stateRoot });
  const waiting = [...queued.values()].reduce((sum, messages) => sum + messages.length, 0);
  if (waiting === 0 || (await daemonSnapshot(home)).running) return [];
  const prefix = directory === undefined
    ? "env -u WIRE_HOME "
    : `WIRE_HOME=${shellWord(directory)} `;
  return [warn(
    `${counted(waiting, "message")} in ${where} that no daemon sends`,
    `${prefix}wire daemon`,
  )];
}

/**
 * A process that may open no more files takes no connection and reads no mailbox, and says so to nobody who
 * looks at it from outside.
 */
import path from "node:path";
import type { OpenFiles } from "../../../platform/machine.ts";
import { isForAll, type RunningDaemon, runningDaemon } from "../../stop_daemon.ts";
import { otherHomes } from "../../sessions/other_homes.ts";
import { ownPlace } from "../../upgrade/place.ts";
import { serviceOfDaemon } from "../../upgrade/service_of_daemon.ts";
import type { Check, Finding } from "../check.ts";
import { fail, gathered, pass, warn } from "../finding.ts";
import type { Scene } from "../scene.ts";
import { shellWord } from "../shell_word.ts";

/** Measured: a daemon of one home has up to 32 open while it rests, and 6 more for each other home. */
const DAEMON_NEEDS = 64;
const HOME_NEEDS = 16;
/** The relay keeps 256 back from connections; a machine's agents and their tools have a few each. */
const RELAY_NEEDS = 1_024;
/** With so few left the next burst fails. */
const FEW = 16;
const ENOUGH = 65_536;
/** More homes are not looked at. */
const MOST_HOMES = 200;

export const openFiles: Check = {
  id: "open_files",
  about: "whether daemon and relay may open as many files and connections as they need",
  lessons: [],
  async look(scene) {
    const found = [...await daemonFinding(scene), ...await relayFindings(scene)];
    const told = found.map(({ detail }) => detail).join(", ");
    return gathered(
      found,
      told === "" ? "no process of ours runs, or the system does not say" : told,
    );
  },
};

async function daemonFinding(scene: Scene): Promise<Finding[]> {
  const { home } = scene;
  const running = await runningDaemon(home);
  const files = running && await home.platform.machine.openFiles(running.pid);
  if (running === undefined || files === undefined) return [];
  const homes = await homesOf(scene, running);
  const needs = DAEMON_NEEDS + HOME_NEEDS * homes;
  const whose = homes === 1 ? "the daemon" : `the daemon of ${homes} homes`;
  const process = { name: `${whose} (pid ${running.pid})`, needs, ...files };
  if (!isShort(process)) return [pass(shown(process))];
  const service = await serviceOfDaemon(scene.context, ownPlace(home), running.pid);
  return [short(process, service === undefined ? "wire upgrade" : restart(service.unitPath))];
}

async function homesOf(scene: Scene, running: RunningDaemon): Promise<number> {
  const { home } = scene;
  if (!await isForAll(home.platform.processes, running)) return 1;
  const others = await otherHomes(home, MOST_HOMES);
  const served = await Promise.all(others.map((other) => runningDaemon(other.home)));
  return 1 + served.filter((daemon) => daemon?.pid === running.pid).length;
}

/** Those whose data lie where a relay of this home keeps them. */
async function relayFindings({ home }: Scene): Promise<Finding[]> {
  const { paths, platform: { files, machine } } = home;
  const roots = [paths.relayRoot({ localOnly: false }), paths.relayRoot({ localOnly: true })];
  const found = await Promise.all(roots.map(async (root) => {
    const holder = await files.lockHolder(path.join(root, "relay.lock"));
    const pid = Number(holder?.match(/\(pid (\d{1,10})\)/)?.[1] ?? NaN);
    const open = Number.isNaN(pid) ? undefined : await machine.openFiles(pid);
    if (open === undefined) return [];
    const process = { name: `the relay (pid ${pid})`, needs: RELAY_NEEDS, ...open };
    const again = "start the relay again from that shell";
    return [isShort(process) ? short(process, again) : pass(shown(process))];
  }));
  return found.flat();
}

interface Judged extends OpenFiles {
  readonly name: string;
  readonly needs: number;
}

const isShort = ({ soft, needs, open }: Judged): boolean => soft < needs || soft - open < FEW;

const shown = ({ name, open, soft }: Judged): string =>
  `${name}: ${open} of ${soft === Infinity ? "any number" : soft} open`;

function short(process: Judged, next: string): Finding {
  const { name, open, soft, hard, needs } = process;
  const wanted = Math.min(Math.max(ENOUGH, needs), hard);
  const raise = wanted <= soft || wanted < needs
    ? `let an administrator raise the hard limit of open files (${hard}) to ${ENOUGH}`
    : `ulimit -n ${wanted}`;
  const fix = next.startsWith("mkdir") ? next : `${raise}; then: ${next}`;
  return soft - open < FEW
    ? fail(`${name} has ${open} files open and may have ${soft}: it takes no connections`, fix)
    : warn(`${name} may have ${soft} files open, and should have ${needs}`, fix);
}

/** A service has none of a shell's limits. */
function restart(unitPath: string): string {
  const name = path.basename(unitPath);
  if (!name.endsWith(".service")) return "wire upgrade";
  const directory = `${unitPath}.d`;
  const file = shellWord(path.join(directory, "files.conf"));
  return `mkdir -p ${
    shellWord(directory)
  } && printf '[Service]\\nLimitNOFILE=${ENOUGH}\\n' > ${file} && ` +
    `systemctl --user daemon-reload && systemctl --user restart ${shellWord(name)}`;
}

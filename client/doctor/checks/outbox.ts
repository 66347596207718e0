/** Messages that do not leave. */
import path from "node:path";
import type { Handle } from "../../../protocol/ids.ts";
import { agentOf } from "../../../protocol/trust/trust.ts";
import { instantMs } from "../../../protocol/text/instant.ts";
import { backlogs, type Waiting } from "../../../store/mail/backlog.ts";
import { mailFile, strangeStems } from "../../../store/mail/mail_paths.ts";
import { OutboxProblems } from "../../../store/mail/outbox_problems.ts";
import { peerRoutes } from "../../sync/routes.ts";
import type { Check, Finding } from "../check.ts";
import { counted, duration, gathered, warn } from "../finding.ts";
import { shellWord } from "../shell_word.ts";
import type { Scene } from "../scene.ts";

/** With a daemon, and a relay that answers, it takes milliseconds. */
const SOON_MS = 60_000;

export const outbox: Check = {
  id: "outbox",
  about: "messages that wait for a relay longer than they should, and lines that nobody can send",
  lessons: [3, 5, 8, 10],
  async look(scene) {
    const { home } = scene;
    const { files } = home.platform;
    const directory = home.file.outbox;
    const names = await files.list(directory);
    const { stateRoot } = home.paths;
    const queued = [...await backlogs({ files, stateRoot })];
    const found = await Promise.all(queued.map(([peer, waiting]) => ofPeer(scene, peer, waiting)));
    const strange = strangeStems(names).map((stem) => {
      const bare = stem.split("@", 1)[0] ?? stem;
      const from = path.join(directory, `${stem}.jsonl`);
      const to = path.join(directory, `${bare}.jsonl`);
      return warn(
        `outbox/${stem}.jsonl is the file of nobody: nothing in it is sent`,
        `cat ${shellWord(from)} >> ${shellWord(to)} && rm ${shellWord(from)}`,
      );
    });
    const problems = await new OutboxProblems({ files, stateRoot }).all();
    const unsendable = problems.map(({ peer, offset, problem }) =>
      warn(
        `outbox/${peer}.jsonl, byte ${offset}: ${problem}`,
        `append the line again, corrected: printf '%s\\n' '{"kind":"claim","body":…}' >> ` +
          `${shellWord(mailFile(directory, peer))}`,
      )
    );
    return gathered([...found.flat(), ...strange, ...unsendable], "nothing waits");
  },
};

async function ofPeer(scene: Scene, peer: Handle, queued: readonly Waiting[]): Promise<Finding[]> {
  const now = scene.home.platform.clock.now();
  const ages = queued.map(({ timestamp }) => now - (instantMs(timestamp) ?? now));
  const oldest = Math.max(0, ...ages);
  if (oldest < SOON_MS) return [];
  const what = `${counted(queued.length, "message")} for ${peer} ` +
    `${queued.length === 1 ? "waits" : "wait"}, the first for ${duration(oldest)}`;
  if (agentOf(await scene.trust(), peer) === undefined) {
    return [warn(`${what}: nobody of that name is pinned`, `wire add ${peer}@<domain>`)];
  }
  const routes = peerRoutes(await scene.relayState(), peer);
  if (routes.tag === "none") {
    return [warn(`${what}: ${routes.reason}`, `wire add ${peer}@<domain>`)];
  }
  if (!(await scene.daemon()).running) {
    return [warn(`${what}: nothing runs that would send`, "wire daemon")];
  }
  return [warn(`${what}: its relay does not take it`, `wire status --peer ${peer}`)];
}

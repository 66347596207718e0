/** Whether the daemon that holds the lock is awake, as it says itself. */
import { instantMs } from "../../../protocol/text/instant.ts";
import type { LiveStatus } from "../../../protocol/schemas/live.ts";
import type { Check, Finding } from "../check.ts";
import { duration, gathered, pass, warn } from "../finding.ts";
import type { Scene } from "../scene.ts";

/** A full round comes every few seconds, and waits for no relay longer than half a minute. */
const STUCK_MS = 300_000;

export const daemonAnswers: Check = {
  id: "daemon_answers",
  about: "whether the running daemon answers at its socket, and what went wrong in it",
  lessons: [43, 44, 45],
  async look(scene) {
    const { running, pid, foreign } = await scene.daemon();
    if (!running || foreign !== undefined) return pass("no daemon of ours runs");
    const live = await scene.live();
    if (live === undefined) {
      return warn(
        `the daemon (pid ${pid}) does not answer at its socket: messages leave later`,
        "wire upgrade",
      );
    }
    return gathered(judge(scene, live), `it answers (pid ${live.pid})`);
  },
};

function judge(scene: Scene, live: LiveStatus): Finding[] {
  const { last_error, resting } = live;
  const now = scene.home.platform.clock.now();
  const since = now - (instantMs(live.round_at ?? live.started_at) ?? now);
  return [
    ...(since < STUCK_MS
      ? []
      : [warn(`its last full round ended ${duration(since)} ago: it hangs`, "wire upgrade")]),
    ...(last_error === null
      ? []
      : [warn(`in ${last_error.step}: ${last_error.error}`, "wire status")]),
    ...resting.map(({ peer, relay_url, reason, retry_in_ms }) =>
      warn(
        `mail to ${peer} at ${relay_url} rests for ${Math.ceil(retry_in_ms / 1_000)} s: ${reason}`,
        `wire status --peer ${peer}`,
      )
    ),
  ];
}

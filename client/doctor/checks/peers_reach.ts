/** Asks each peer's relay for the mailbox that we would post to (lesson 6: a dead one may still say 200). */
import { WireError } from "../../../protocol/errors.ts";
import { isSelf } from "../../../protocol/trust/trust.ts";
import { readBlocklist } from "../../../store/home/blocklist.ts";
import { RelayStatusError } from "../../relay/status_error.ts";
import { peerRoutes, type Route } from "../../sync/routes.ts";
import type { Check, Finding } from "../check.ts";
import { counted, duration, fail, gathered, pass, warn } from "../finding.ts";
import type { Scene } from "../scene.ts";

const MOST_ASKED = 32;
const STALE_MS = 86_400_000;
const WHY: Readonly<Record<number, string>> = {
  401: "its relay refuses our token",
  403: "its relay refuses our token",
  404: "its relay does not know the mailbox",
  410: "it has moved, or closed the mailbox",
};

export const peersReach: Check = {
  id: "peers_reach",
  about: "whether what we send to each peer can arrive, and is fetched",
  lessons: [6, 7, 20],
  async look(scene) {
    const [state, trust, blocked] = await Promise.all([
      scene.relayState(),
      scene.trust(),
      readBlocklist(scene.home),
    ]);
    const asked = [...trust.agents.values()]
      .filter((agent) => !isSelf(agent) && !blocked.has(agent.did))
      .flatMap(({ handle }) => {
        const found = peerRoutes(state, handle);
        const [route] = found.tag === "routes" ? found.routes : [];
        return route === undefined ? [] : [{ handle, route }];
      });
    const found = await Promise.all(
      asked.slice(0, MOST_ASKED).map(({ handle, route }) => ask(scene, handle, route)),
    );
    const left = asked.length > MOST_ASKED ? `, ${asked.length - MOST_ASKED} not asked` : "";
    return gathered(found, `${counted(found.length, "peer")} can be written to${left}`);
  },
};

async function ask(scene: Scene, handle: string, route: Route): Promise<Finding> {
  const { relayUrl, slotId, slotToken } = route;
  try {
    const state = await scene.context.relay(relayUrl).slotState(slotId, slotToken, scene.soon());
    const { last_pull_at_unix: last, event_count } = state;
    const age = last === null ? 0 : scene.home.platform.clock.now() - last * 1_000;
    if (event_count === 0 || age < STALE_MS) return pass(handle);
    return warn(
      `${handle} has fetched nothing for ${duration(age)}: it may have moved without telling us`,
      `ask ${handle} by another way, then: wire status --peer ${handle}`,
    );
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const why = error instanceof RelayStatusError ? WHY[error.status] : undefined;
    if (why !== undefined) {
      return fail(
        `${handle} cannot be written to: ${why}`,
        `pair again: wire add ${handle}@<domain>, or wire pair-host`,
      );
    }
    return warn(`${handle} cannot be reached: ${error.message}`, `wire status --peer ${handle}`);
  }
}

/** What our own records say of the peers; `peers_reach` asks their relays. */
import { isSelf } from "../../../protocol/trust/trust.ts";
import { readBlocklist } from "../../../store/home/blocklist.ts";
import { expiredNote } from "../../consent/open_request.ts";
import { hasLeft, LEFT_TEXT } from "../../left_mailbox.ts";
import { knownRoutes, ownRoutes, type Route, unusedRoutes } from "../../sync/routes.ts";
import type { Check, Finding } from "../check.ts";
import { counted, fail, gathered, warn } from "../finding.ts";

export const peers: Check = {
  id: "peers",
  about: "peers that we cannot write to: no answer, no mailbox, no consent, or a mailbox of others",
  lessons: [14, 16, 20, 21, 23, 26],
  async look(scene) {
    const { home } = scene;
    const [state, trust, blocked] = await Promise.all([
      scene.relayState(),
      scene.trust(),
      readBlocklist(home),
    ]);
    const agents = [...trust.agents.values()].filter((it) => !isSelf(it) && !blocked.has(it.did));
    const names = new Set([...agents.map(({ handle }) => handle), ...Object.keys(state.peers)]);
    const found = [...names].sort().flatMap((name): Finding[] => {
      const expired = expiredNote(state, name, home.platform.clock.now());
      if (expired !== undefined) {
        return [warn(`${name} has not answered our request in its time`, expired.next)];
      }
      if (!Object.hasOwn(state.peers, name)) {
        return [
          warn(`${name} is pinned, and no mailbox of it is known`, `wire add ${name}@<domain>`),
        ];
      }
      const unused = unusedRoutes(state, name).map(({ reason, next }) =>
        warn(`${name}: ${reason}`, next)
      );
      const left = hasLeft(state, name)
        ? [warn(`${name} ${LEFT_TEXT}`, `ask ${name} for an invite: wire accept <url>`)]
        : [];
      return [...left, ...unused, ...mixedUp(name, knownRoutes(state, name), ownRoutes(state))];
    });
    return gathered(found, counted(names.size, "peer"));
  },
};

/** A token belongs to one peer and one endpoint: 0.5.19 has copied them across. */
function mixedUp(name: string, theirs: readonly Route[], ours: readonly Route[]): Finding[] {
  const same = theirs.find((route) =>
    ours.some(({ slotId, slotToken }) => slotId === route.slotId || slotToken === route.slotToken)
  );
  if (same === undefined) return [];
  return [fail(
    `relay.json gives ${name} our own mailbox at ${same.relayUrl}: what we send it comes back to us`,
    `wire forget-peer ${name}, and pair again`,
  )];
}

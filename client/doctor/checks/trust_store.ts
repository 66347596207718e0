/** Pins that do not hold what a pin must hold. See docs/protocol/identity-and-events.md §4 and §9. */
import { didCommitsTo } from "../../../protocol/identity/did.ts";
import { toBase64 } from "../../../protocol/identity/keys.ts";
import { type Agent, isSelf, keysOf } from "../../../protocol/trust/trust.ts";
import type { Check, Finding } from "../check.ts";
import { counted, gathered, warn } from "../finding.ts";

export const trustStore: Check = {
  id: "trust_store",
  about: "pins whose name is not bound to one key",
  lessons: [22, 24, 27],
  async look(scene) {
    const { agents } = await scene.trust();
    const peers = [...agents.values()].filter((agent) => !isSelf(agent));
    const found = [...peers.flatMap(judge), ...sharedKeys(peers)];
    return gathered(found, `${counted(peers.length, "pin")}, each of one key`);
  },
};

function judge(agent: Agent): Finding[] {
  const { handle, did } = agent;
  const again = `wire forget-peer ${handle}, and pair again`;
  const keys = keysOf(agent);
  const [key] = keys;
  if (key === undefined) return [warn(`${handle} is pinned without a usable key`, again)];
  if (keys.length > 1) return [warn(`${handle} is pinned with ${keys.length} keys`, again)];
  if (didCommitsTo(did, key.bytes)) return [];
  return [warn(`${handle}'s DID ${did} does not commit to its key`, again)];
}

function sharedKeys(agents: readonly Agent[]): Finding[] {
  const byKey = Map.groupBy(
    agents.flatMap((agent) => keysOf(agent).map(({ bytes }) => [toBase64(bytes), agent.handle])),
    ([key]) => key,
  );
  return [...byKey.values()].filter((pins) => pins.length > 1).map((pins) => {
    const names = pins.map(([, handle]) => handle).join(", ");
    return warn(`${names} are one key under several names`, "wire forget-peer <the wrong ones>");
  });
}

/** Whether each peer has the token that it needs, and nobody one that was taken back. */
import type { EpochMs } from "../../../protocol/ids.ts";
import { isSelf } from "../../../protocol/trust/trust.ts";
import { instantMs } from "../../../protocol/text/instant.ts";
import { classOf, inviteOf, readGrants } from "../../../store/home/grants.ts";
import { readBlocklist } from "../../../store/home/blocklist.ts";
import { grantIds } from "../../grants/holders.ts";
import { mainMailbox } from "../../grants/own_mailboxes.ts";
import { shownTier } from "../../peer_view.ts";
import type { Check, Finding } from "../check.ts";
import { duration, gathered, warn } from "../finding.ts";
import type { Scene } from "../scene.ts";

/** A relay that is there has answered by then. */
const SOON_MS = 3_600_000;

export const grants: Check = {
  id: "grants",
  about: "peers without a token for our mailbox, and tokens that are still to be taken back",
  lessons: [26],
  async look(scene) {
    return gathered([...await missing(scene), ...await due(scene)], "each has its own");
  },
};

/** Verified here, and unable to write to us. */
async function missing(scene: Scene): Promise<Finding[]> {
  const { home } = scene;
  const [state, trust, record, blocked] = await Promise.all([
    scene.relayState(),
    scene.trust(),
    readGrants(home),
    readBlocklist(home),
  ]);
  const main = mainMailbox(state);
  if (main === undefined || classOf(record, main) !== "owner") return [];
  const held = await grantIds(home);
  const owed = new Set(record.owed.map(({ did }) => did));
  return [...trust.agents.values()]
    .filter((agent) => !isSelf(agent) && !blocked.has(agent.did) && !owed.has(agent.did))
    .filter((agent) => shownTier(agent, state) === "VERIFIED" && !held.has(agent.did))
    .map(({ handle }) =>
      warn(`${handle} holds no token of ours, and cannot write to us`, "wire rotate-slot --grants")
    );
}

async function due({ home }: Scene): Promise<Finding[]> {
  const now: EpochMs = home.platform.clock.now();
  const { grants } = await readGrants(home);
  return grants.flatMap((entry) => {
    const since = instantMs(entry.revoke_since);
    if (entry.revoke_since === undefined || (since !== undefined && now - since < SOON_MS)) {
      return [];
    }
    const whose = inviteOf(entry) === undefined ? entry.holder : "an invite";
    const age = since === undefined ? "" : ` for ${duration(now - since)}`;
    return [warn(
      `the token of ${whose} at ${entry.relay_url} is to be taken back${age}, and its relay has not said so`,
      "wire pull",
    )];
  });
}

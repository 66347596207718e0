/** After a move: who still does not know where we are. */
import { statusOfMailboxes } from "../../status_of_mailboxes.ts";
import { previousMailboxes } from "../../../store/home/previous_mailboxes.ts";
import type { Check } from "../check.ts";
import { duration, gathered, warn } from "../finding.ts";

/** The daemon goes on telling them; an hour is long for a peer's relay to be silent. */
const SOON_MS = 3_600_000;

export const oldMailboxes: Check = {
  id: "old_mailboxes",
  about: "peers and directories that still send to a mailbox that we left",
  lessons: [6, 13],
  async look(scene) {
    const now = scene.home.platform.clock.now();
    const untold = previousMailboxes(await scene.relayState())
      .filter(({ untold, movedAtMs }) => untold.length > 0 && now - (movedAtMs ?? 0) > SOON_MS)
      .map(({ untold, relayUrl, movedAtMs }) => {
        const age = movedAtMs === undefined ? "" : ` ${duration(now - movedAtMs)} ago`;
        return warn(
          `not told yet that we left ${relayUrl}${age}: ${untold.join(", ")}`,
          "wire pull tells them again; forget those who are gone: wire forget-peer <peer>",
        );
      });
    const { nicks } = await statusOfMailboxes(scene.home);
    const left = nicks.filter(({ status }) => status !== "claimed").map(({ address, status }) =>
      warn(
        status === "left"
          ? `${address} names a mailbox that we left for another relay`
          : `${address} may name a mailbox that we left`,
        status === "left" ? `wire claim ${address.split("@", 1)[0]}` : "wire pull",
      )
    );
    return gathered([...untold, ...left], "everybody knows where we are");
  },
};

/** Messages that no relay has yet, peer by peer, each with the reason why it waits. */
import { z } from "zod";
import { daemonSnapshot } from "../../store/home/daemon_state.ts";
import { backlogs } from "../../store/mail/backlog.ts";
import type { ClientContext } from "../context.ts";
import { peerRoutes } from "../sync/routes.ts";

export const BacklogStatus = z.array(z.object({
  peer: z.string(),
  waiting: z.int(),
  /** RFC 3339, as the oldest of them says. */
  oldest_at: z.string(),
  reason: z.string(),
  /** The command that goes on. */
  next: z.string().optional(),
}));
export type BacklogStatus = z.output<typeof BacklogStatus>;

/** In byte order of the peers. @throws {WireError} unreadable */
export async function backlogStatus(context: ClientContext): Promise<BacklogStatus> {
  const { home, platform: { files } } = context;
  const waiting = [...await backlogs({ files, stateRoot: home.paths.stateRoot })]
    .filter(([, messages]) => messages.length > 0);
  if (waiting.length === 0) return [];
  const [state, snapshot, live] = await Promise.all([
    home.readRelayState(),
    daemonSnapshot(home),
    context.daemon.status(),
  ]);
  const why = (peer: string): { readonly reason: string; readonly next?: string } => {
    const routes = peerRoutes(state, peer);
    if (routes.tag === "none") return { reason: routes.reason };
    const resting = live?.resting.find((rest) => rest.peer === peer);
    if (resting !== undefined) {
      const seconds = Math.ceil(resting.retry_in_ms / 1_000);
      return { reason: `${resting.relay_url}: ${resting.reason} (next try in ${seconds} s)` };
    }
    if (!snapshot.running) {
      return { reason: "no daemon runs on this home", next: "wire daemon, or wire push once" };
    }
    return { reason: "the daemon is at it" };
  };
  return waiting.map(([peer, messages]) => ({
    peer,
    waiting: messages.length,
    oldest_at: messages[0]?.timestamp ?? "",
    ...why(peer),
  }));
}

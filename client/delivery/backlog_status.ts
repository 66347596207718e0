/** Messages that no relay has yet, peer by peer, each with the reason why it waits. */
import { z } from "zod";
import type { Home } from "../../store/home/home.ts";
import { daemonSnapshot } from "../../store/home/daemon_state.ts";
import { backlogs } from "../../store/mail/backlog.ts";
import type { ClientContext } from "../context.ts";
import { whyNoMailbox } from "../no_mailbox.ts";

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
  const { home, platform: { clock, files } } = context;
  const waiting = [...await backlogs({ files, stateRoot: home.paths.stateRoot })]
    .filter(([, messages]) => messages.length > 0);
  if (waiting.length === 0) return [];
  const [self, state, snapshot, live] = await Promise.all([
    ownHandle(home),
    home.readRelayState(),
    daemonSnapshot(home),
    context.daemon.status(),
  ]);
  const why = (peer: string): { readonly reason: string; readonly next?: string } => {
    const none = whyNoMailbox(state, peer, { own: self, now: clock.now() });
    if (none !== undefined) return none;
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

const ownHandle = async (home: Home): Promise<string | undefined> =>
  await home.isInitialized() ? (await home.readIdentity()).handle : undefined;

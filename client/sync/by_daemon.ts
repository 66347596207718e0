/**
 * `push` and `pull` on a home that a daemon serves: it is told to do its work now, and they answer
 * what then stands in the files. See docs/protocol/cli.md §5.4.
 */
import { z } from "zod";
import { type Handle, isEventId, isHandle } from "../../protocol/ids.ts";
import type { LiveStatus } from "../../protocol/schemas/live.ts";
import { backlogs, type Waiting } from "../../store/mail/backlog.ts";
import { DeliveryJournal } from "../../store/mail/delivery_journal.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { ClientContext } from "../context.ts";
import type { PullReport, Written } from "./pull_report.ts";
import { PushReport, Scope } from "./push_report.ts";
import { peerRoutes } from "./routes.ts";

/** What a daemon does at once takes no longer; whatever is slower goes on by itself. */
const PATIENCE_MS = 10_000;
const LOOK_MS = 50;
/** Over a WebSocket mail is here as soon as the relay has it: this is for what is on its way. */
const ARRIVING_MS = 250;

/** @returns undefined when no daemon answers */
export async function pushedByDaemon(
  context: ClientContext,
  only: string | undefined,
): Promise<PushReport | undefined> {
  const before = await waitingOf(context, only);
  if (await context.daemon.nudge() === undefined) return undefined;
  const { clock } = context.platform;
  const end = clock.monotonic() + PATIENCE_MS;
  for (;;) {
    const live = await context.daemon.status();
    const waiting = await waitingOf(context, only);
    const open = new Set(waiting.map(({ message }) => nameOf(message)));
    const left = before.filter(({ message }) => open.has(nameOf(message)));
    const why = await Promise.all(left.map(({ peer }) => reasonOf(context, peer, live)));
    if (live === undefined || clock.monotonic() >= end || !why.includes(undefined)) {
      const gone = before.filter(({ message }) => !open.has(nameOf(message)));
      const report = await reportOn(context, gone);
      const skipped = left.map(({ peer, message }, i) => ({
        event_id: message.id,
        peer,
        reason: why[i] ?? "the daemon is at it",
      }));
      return { ...report, skipped: [...report.skipped, ...skipped] };
    }
    await clock.sleep(LOOK_MS);
  }
}

interface WaitingFor {
  readonly peer: Handle;
  readonly message: Waiting;
}

/** What the journal says of a message that a relay has. */
const Stored = z.object({ relay: z.string(), scope: Scope, status: z.string() });

async function waitingOf(
  { home, platform: { files } }: ClientContext,
  only: string | undefined,
): Promise<readonly WaitingFor[]> {
  const all = await backlogs({ files, stateRoot: home.paths.stateRoot });
  return [...all].flatMap(([peer, messages]) =>
    only === undefined || only === peer ? messages.map((message) => ({ peer, message })) : []
  );
}

/** A line that an agent appended has no id until the daemon has signed it. */
const nameOf = ({ id, line }: Waiting): string => id === "" ? line : id;

/** Why the daemon will not send it now; undefined while it may. */
async function reasonOf(
  { home }: ClientContext,
  peer: string,
  live: LiveStatus | undefined,
): Promise<string | undefined> {
  const routes = peerRoutes(await home.readRelayState(), peer);
  if (routes.tag === "none") return routes.reason;
  return live?.resting.find((rest) => rest.peer === peer)?.reason;
}

async function reportOn(
  { home, platform: { files } }: ClientContext,
  gone: readonly WaitingFor[],
): Promise<PushReport> {
  const journal = new DeliveryJournal({ files, stateRoot: home.paths.stateRoot });
  const report: PushReport = { pushed: [], skipped: [] };
  for (const { peer, message: { id } } of gone) {
    const steps = isEventId(id) ? await journal.history(peer, id) : [];
    const { data } = Stored.safeParse(steps.find(({ step }) => step === "stored")?.evidence);
    // Taken back meanwhile, or a line of an agent that had no id when we looked.
    if (data === undefined) continue;
    const place = { endpoint: data.relay, event_id: id, peer, scope: data.scope };
    if (data.status === "duplicate") report.skipped.push({ ...place, reason: "duplicate" });
    else report.pushed.push(place);
  }
  return report;
}

/**
 * @returns undefined when no daemon answers, or when it has not come round in time
 * @throws {WireError} unreadable
 */
export async function pulledByDaemon(context: ClientContext): Promise<PullReport | undefined> {
  const { home, daemon, platform: { clock } } = context;
  const before = await daemon.status();
  if (before === undefined) return undefined;
  await home.readTrust(); // without it nothing is accepted, by whomever
  const stop = new AbortController();
  const written: Written[] = [];
  const hearing = hear(context, written, stop.signal);
  try {
    const end = clock.monotonic() + PATIENCE_MS;
    await clock.sleep(ARRIVING_MS);
    for (;;) {
      const live = await daemon.status();
      if (live === undefined) return undefined;
      if (isCurrent(live) || live.round_at !== before.round_at) {
        tellHow(context, live);
        break;
      }
      if (clock.monotonic() >= end) return undefined;
      await clock.sleep(LOOK_MS);
    }
  } finally {
    stop.abort();
    await hearing;
  }
  const { self } = await home.readRelayState();
  return {
    cursor_advanced_to: self?.last_pulled_event_id ?? null,
    cursor_blocked: false,
    rejected: [],
    total_seen: written.length,
    written,
  };
}

/** What failed last, and has not gone well since, may have kept mail from coming. */
function tellHow({ warn }: ClientContext, { last_error }: LiveStatus): void {
  if (last_error === null) {
    return warn("the daemon of this home pulls by itself: what came is in the inbox");
  }
  const { step, error } = last_error;
  warn(`the daemon of this home pulls by itself, and failed: ${visible(step)}: ${visible(error)}`);
}

/** Nothing has to be asked for: all mail is pushed to the daemon. */
const isCurrent = ({ mailboxes, last_error }: LiveStatus): boolean =>
  last_error === null && mailboxes.length > 0 &&
  mailboxes.every(({ transport }) => transport === "websocket");

async function hear(
  { daemon }: ClientContext,
  written: Written[],
  signal: AbortSignal,
): Promise<void> {
  for await (const event of daemon.watch(signal)) {
    if (event.event === "received" && isHandle(event.peer)) {
      written.push({ event_id: event.event_id, from: event.peer });
    }
  }
}

/**
 * Waits until the journal proves a step of a message. A daemon of the home does the work; without one
 * we take the lock for a round at a time, as push and pull do. See docs/protocol/extensions.md §5.
 */
import { type DeliveryStep, furthestOf, isFurther } from "../../protocol/delivery/steps.ts";
import { WireError } from "../../protocol/errors.ts";
import type { EventId, Handle } from "../../protocol/ids.ts";
import { visible } from "../../protocol/text/visible.ts";
import { agentOf } from "../../protocol/trust/trust.ts";
import { daemonSnapshot } from "../../store/home/daemon_state.ts";
import { DeliveryJournal, type JournalEntry } from "../../store/mail/delivery_journal.ts";
import { mailPaths } from "../../store/mail/mail_paths.ts";
import type { ClientContext } from "../context.ts";
import { Bell } from "../sync/bell.ts";
import { Puller } from "../sync/puller.ts";
import { Pusher } from "../sync/pusher.ts";
import { withRoundLock } from "../sync/round_lock.ts";
import { type AwaitedStep, checkCanTellFetched } from "./can_prove.ts";
import { Deliveries } from "./deliveries.ts";

export interface Awaited {
  readonly peer: Handle;
  readonly eventId: EventId;
  readonly step: AwaitedStep;
  readonly timeoutMs: number;
}

export interface WaitEnd {
  /** The furthest step with evidence. */
  readonly step: DeliveryStep;
  readonly reached: boolean;
}

/** Where the system does not tell that a file changed. */
const LOOK_MS = 250;
/** Between rounds of our own. */
const ROUND_EVERY_MS = 1_000;

/**
 * @throws {WireError} refused, when it will never be reached: the peer did not accept the message, or
 * nobody can tell; unreadable, write_failed
 */
export async function waitForStep(context: ClientContext, awaited: Awaited): Promise<WaitEnd> {
  const { home, platform: { clock, files } } = context;
  const { stateRoot } = home.paths;
  const over = new AbortController();
  const bell = new Bell();
  const { delivery } = mailPaths(stateRoot);
  await files.ensureDirectory(delivery);
  const watching = ringAtChanges(bell, files.watch([delivery], over.signal));
  const journal = new DeliveryJournal({ files, stateRoot });
  const deadline = clock.monotonic() + awaited.timeoutMs;
  let rounds: Rounds | undefined;
  try {
    for (;;) {
      bell.reset();
      const end = await look(context, awaited, await entriesOf(journal, awaited));
      const leftMs = deadline - clock.monotonic();
      if (end.reached || leftMs <= 0) return end;
      const isServed = (await daemonSnapshot(home)).running;
      if (!isServed) {
        rounds ??= await roundsOf(context);
        await round(rounds, awaited, clock.timeout(leftMs));
      }
      const restMs = Math.max(0, deadline - clock.monotonic());
      await bell.wait(clock, Math.min(restMs, isServed ? LOOK_MS : ROUND_EVERY_MS), over.signal);
    }
  } finally {
    over.abort();
    await watching;
  }
}

const entriesOf = async (journal: DeliveryJournal, { peer, eventId }: Awaited) =>
  await journal.history(peer, eventId);

async function look(
  { home }: ClientContext,
  { peer, step: wanted }: Awaited,
  entries: readonly JournalEntry[],
): Promise<WaitEnd> {
  const step = furthestOf(entries.map((entry) => entry.step)) ?? "queued";
  const reached = step === wanted || isFurther(step, wanted);
  if (reached) return { step, reached };
  if (step === "cancelled") {
    throw new WireError("refused", `Cannot wait for ${wanted}: the message was taken back`);
  }
  if (step === "rejected") throw rejected(peer, entries);
  if (wanted === "fetched") {
    checkCanTellFetched(peer, agentOf(await home.readTrust(), peer), entries);
  }
  return { step, reached };
}

function rejected(peer: Handle, entries: readonly JournalEntry[]): WireError {
  const reason = entries.find(({ step }) => step === "rejected")?.evidence["reason"];
  const why = typeof reason === "string" ? visible(reason, { maxLength: 200 }) : "no reason given";
  return new WireError("refused", `${peer} has the message and did not accept it: ${why}`);
}

/** What sends and receives where no daemon does. */
interface Rounds {
  readonly context: ClientContext;
  readonly deliveries: Deliveries;
  readonly pusher: Pusher;
  readonly puller: Puller;
}

async function roundsOf(context: ClientContext): Promise<Rounds> {
  const identity = await context.home.readIdentity();
  const deliveries = new Deliveries(context, identity);
  return {
    context,
    deliveries,
    pusher: new Pusher(context, identity, { deliveries }),
    puller: new Puller(context, identity, { deliveries }),
  };
}

/** Who holds the lock instead of us does the same. */
async function round(
  { context, deliveries, pusher, puller }: Rounds,
  { peer, step }: Awaited,
  signal: AbortSignal,
): Promise<void> {
  try {
    await withRoundLock(context, "wire send --wait", async () => {
      const { writeFailure } = await pusher.round({ signal }, peer);
      if (writeFailure !== undefined) throw writeFailure;
      if (step !== "stored") {
        await puller.round({ signal });
        await pusher.tell(signal);
      }
      await pusher.close(Promise.resolve());
      await deliveries.receipts.close();
    });
  } catch (error) {
    // Time is up, or somebody else is at it.
    if (signal.aborted || (error instanceof WireError && error.code === "locked")) return;
    throw error;
  }
}

async function ringAtChanges(bell: Bell, changes: AsyncIterable<void>): Promise<void> {
  for await (const _ of changes) bell.ring();
}

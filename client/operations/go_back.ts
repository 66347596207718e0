/**
 * Prepares a home for the program of 0.5.19, so that nothing is lost, posted unsigned or sent in a
 * form that it cannot read. See docs/protocol/extensions.md §12 and docs/going-back.md.
 */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { VERSION } from "../../protocol/version.ts";
import { readDaemonPid } from "../../store/home/pid_record.ts";
import { readGrants } from "../../store/home/grants.ts";
import type { Home } from "../../store/home/home.ts";
import { sweepTemporaries } from "../../store/home/sweep.ts";
import type { ClientContext } from "../context.ts";
import { attention } from "../go_back/attention.ts";
import { ownCapabilities, sendPlainCard } from "../go_back/card.ts";
import { lastRound } from "../go_back/last_round.ts";
import { endPair2 } from "../go_back/pairings.ts";
import { readWentBack, type WentBack, writeWentBack } from "../go_back/record.ts";
import { switchOffService } from "../go_back/service.ts";
import { withFlatMembers } from "../go_back/relay_entries.ts";
import { exposures } from "../grants/holders.ts";
import type { Operation } from "../operation.ts";
import { isForAll, runningDaemon, stopDaemon } from "../stop_daemon.ts";
import { refuseForeignDaemon } from "../sync/round_lock.ts";

const OWNER = "wire go-back";
const LOCK_MS = 4_000;

const GoBackInput = z.object({});

const GoBackOutput = z.object({
  /** Of the daemon that was stopped. */
  stopped_daemon: z.int().nullable(),
  card: z.object({
    /** Whether it announced more than 0.5.19 can do. */
    changed: z.boolean(),
    /** Of this and of earlier runs: what it says no more. */
    withdrawn: z.array(z.string()),
    queued_for: z.array(z.string()),
  }),
  /** Numbers of pair/2 codes. */
  ended_pairings: z.array(z.string()),
  /** Entries of relay.json that 0.5.19's daemon would have passed over. */
  mended: z.array(z.string()),
  /** Who can do what with our mailboxes: that stays as it is. */
  mailboxes: z.array(z.object({
    relay_url: z.string(),
    slot_id: z.string(),
    /** Peers with a token of their own, which only posts. */
    grants: z.array(z.string()),
    /** Peers that hold, or may hold, the token that reads. */
    token_holders: z.array(z.string()),
  })),
  /** What 0.5.19 will do otherwise, or what could not be done. */
  attention: z.array(z.string()),
  done_at: z.string(),
});

/**
 * Safe to repeat, and to kill: what a run did not come to is done by the next. This version seals
 * nothing, so there is no sealed mail to open.
 * @throws {WireError} not_initialized; locked, when a daemon of 0.5.19 works here already; refused,
 * timed_out, when ours cannot be stopped; unreadable, write_failed
 */
export const goBack = {
  input: GoBackInput,
  output: GoBackOutput,
  async run(context) {
    const { home } = context;
    await home.readIdentity();
    await refuseForeignDaemon(home, OWNER);
    await refuseShared(home);
    const service = await switchOffService(context);
    const stopped = await stopDaemon(home);
    await using _lock = await home.lockDaemon(OWNER, { deadlineMs: LOCK_MS });
    const record = await begin(context);
    const ended = await endPair2(context);
    const card = await sendPlainCard(context, record.capabilities);
    const mended = await flatten(home);
    const silent = await lastRound(context, card.identity);
    await forgetDaemon(home);
    await sweepTemporaries(home);
    const left = await attention(home);
    const doneAt = home.platform.clock.timestamp();
    await writeWentBack(home, { ...record, done_at: doneAt });
    return {
      stopped_daemon: stopped ?? null,
      card: {
        changed: card.changed,
        withdrawn: record.capabilities,
        queued_for: [...card.queuedFor],
      },
      ended_pairings: ended,
      mended: [...mended],
      mailboxes: await whoHoldsWhat(home),
      attention: [...(service === undefined ? [] : [service]), ...silent, ...left],
      done_at: (await readWentBack(home))?.done_at ?? "",
    };
  },
} satisfies Operation<typeof GoBackInput, typeof GoBackOutput>;

/** Other sessions would be left without a daemon, and nobody would say so (lesson 41). */
async function refuseShared(home: Home): Promise<void> {
  const running = await runningDaemon(home);
  if (running === undefined) return;
  if (!await isForAll(home.platform.processes, running)) return;
  throw new WireError(
    "locked",
    `Cannot run ${OWNER}: process ${running.pid} serves all sessions, this home too`,
    { hint: `stop it first, and start one for the others: kill ${running.pid}` },
  );
}

/** Before anything changes: what the card said, so that it can say it again. */
async function begin({ home }: ClientContext): Promise<WentBack> {
  const { card } = await home.readIdentity();
  const before = await readWentBack(home);
  const capabilities = [...new Set([...before?.capabilities ?? [], ...ownCapabilities(card)])];
  const record = { capabilities };
  await writeWentBack(home, record);
  return record;
}

async function flatten(home: Home): Promise<readonly string[]> {
  if (withFlatMembers(await home.readRelayState()).mended.length === 0) return [];
  let mended: readonly string[] = [];
  await home.updateRelayState(OWNER, (state) => {
    const flat = withFlatMembers(state);
    mended = flat.mended;
    return flat.state;
  });
  return mended;
}

/** A record of ours, of a daemon that was killed, would stand in the way of nobody, and lie. */
async function forgetDaemon(home: Home): Promise<void> {
  const found = await readDaemonPid(home);
  if (found.tag !== "record" || found.record.version !== VERSION) return;
  await home.platform.files.remove(home.file.daemonPid, { point: "go_back.daemon_pid" });
}

async function whoHoldsWhat(home: Home): Promise<z.output<typeof GoBackOutput>["mailboxes"]> {
  const [shown, record, trust] = await Promise.all([
    exposures(home),
    readGrants(home),
    home.readTrust(),
  ]);
  const handles = new Map([...trust.agents.values()].map(({ did, handle }) => [did, handle]));
  return shown.map(({ relayUrl, slotId, tokenHolders }) => ({
    relay_url: relayUrl,
    slot_id: slotId,
    grants: record.grants
      .filter((it) => it.slot_id === slotId && it.revoke_since === undefined)
      .flatMap(({ holder }) => handles.get(holder) ?? [])
      .sort(),
    token_holders: [...tokenHolders],
  }));
}

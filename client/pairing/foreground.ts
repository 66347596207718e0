/**
 * A pairing in a terminal, from the code to the pinned peer. Its record is on the disk all the while,
 * under a lock that keeps the daemon away; when the terminal dies the daemon goes on with it.
 * See docs/protocol/pairing.md §10 and docs/protocol/cli.md §6.2.
 */
import { WireError } from "../../protocol/errors.ts";
import type { PairAbout, PairState } from "../../protocol/pairing/pair_state.ts";
import type { PendingPair } from "../../protocol/pairing/pending_pair.ts";
import { displaySas } from "../../protocol/pairing/sas.ts";
import type { ClientContext } from "../context.ts";
import { refuseForeignDaemon } from "../sync/round_lock.ts";
import { PairBell } from "./pair_bell.ts";
import { placeOf } from "./pair_place.ts";
import { pairExpiry } from "./pair_listing.ts";
import type { PairOutput, PairProgress } from "./pair_progress.ts";
import { beginRecord, lockDriver } from "./pair_records.ts";
import { pairedPeer } from "./pin_peer.ts";
import { confirmDigits } from "./question.ts";
import { TerminalSession } from "./terminal_session.ts";

const POLL_MS = 250;
const TELL_EVERY_MS = 10_000;
const DRIVER_DEADLINE_MS = 2_000;

export interface ForegroundInput {
  readonly about: Omit<PairAbout, "createdAt">;
  /** Confirm without asking, unproved. */
  readonly yes: boolean;
  /** Seconds, for each of the two waits. */
  readonly timeoutS: number;
}

/**
 * @throws {WireError} locked, if another terminal or a daemon of 0.5.19 has it; conflict; timed_out,
 * pairing_failed, pairing_expired, sas_mismatch; the signal's reason. In every case the pairing is
 * over and the relay was told, if it could be
 */
export async function* pairInForeground(
  context: ClientContext,
  input: ForegroundInput,
  signal: AbortSignal,
): AsyncGenerator<PairOutput, void, undefined> {
  const { code, role } = input.about;
  const owner = role === "host" ? "wire pair-host" : "wire pair-join";
  await refuseForeignDaemon(context.home, owner); // it would drive the same record
  const deadlineMs = DRIVER_DEADLINE_MS;
  await using _driver = await lockDriver(context.home, code, { owner, deadlineMs });
  const record = await beginRecord(context, input.about);
  await using bell = new PairBell(context);
  const session = new TerminalSession(context, code, signal);
  try {
    yield begun(context, input, record);
    yield* conversation(session, input, bell);
  } catch (error) {
    const told = await session.giveUp(error instanceof WireError ? error.message : "interrupted");
    if (told !== undefined) yield told;
    throw error;
  } finally {
    await session.giveUp("interrupted"); // when the reader of this stream went away
  }
}

function begun(
  { platform: { clock } }: ClientContext,
  { about: { code, relayUrl, role }, timeoutS }: ForegroundInput,
  record: PendingPair,
): PairProgress {
  const life = Temporal.Instant.from(pairExpiry(record) ?? record.created_at).epochMilliseconds;
  const end = Math.min(life, clock.now() + timeoutS * 1_000);
  return {
    progress: role === "host" ? "hosting" : "joining",
    code_phrase: code,
    relay_url: relayUrl,
    expires_at: Temporal.Instant.fromEpochMilliseconds(end).toString(),
    form: "0.5.19",
  };
}

async function* conversation(
  session: TerminalSession,
  input: ForegroundInput,
  bell: PairBell,
): AsyncGenerator<PairOutput, void, undefined> {
  const { timeoutS, yes } = input;
  await openMeeting(session, timeoutS);
  yield* waitFor(session, { what: "message", timeoutS, bell });
  if (session.state?.tag === "sas_ready") yield* confirmDigits(session, { sas: session.sas, yes });
  yield* waitFor(session, { what: "bootstrap", timeoutS, bell });
  yield* finished(session, input);
}

/** Without the relay there is nothing to wait for yet, except a relay that asks for patience. */
async function openMeeting(session: TerminalSession, timeoutS: number): Promise<void> {
  const { clock } = session.context.platform;
  const giveUpAt = clock.monotonic() + timeoutS * 1_000;
  for (;;) {
    const { state, problem, waitMs } = await session.look();
    if (state.tag !== "requested") return;
    const isPatient = waitMs > 0 && clock.monotonic() + waitMs <= giveUpAt;
    if (problem !== undefined && !isPatient) throw problem;
    await clock.sleep(Math.max(waitMs, POLL_MS), session.signal);
  }
}

interface Wait {
  readonly what: "message" | "bootstrap";
  readonly timeoutS: number;
  readonly bell: PairBell;
}

/** @throws {WireError} timed_out; a relay that fails meanwhile is asked again until then */
async function* waitFor(
  session: TerminalSession,
  { what, timeoutS, bell }: Wait,
): AsyncGenerator<PairProgress, void, undefined> {
  const { clock } = session.context.platform;
  const start = clock.monotonic();
  let toldAt = start;
  while (!isOver(what, session.state)) {
    const { problem, waitMs, state } = await session.look();
    if (isOver(what, state)) return;
    const now = clock.monotonic();
    if (now - start >= timeoutS * 1_000) {
      const wanted = what === "message" ? "SPAKE2 message" : "sealed bootstrap";
      throw new WireError(
        "timed_out",
        `timeout after ${timeoutS}s waiting for peer's ${wanted}`,
        what === "message" ? {} : { hint: "your peer may show you as verified: pair again" },
      );
    }
    if (now - toldAt >= TELL_EVERY_MS) {
      toldAt = now;
      yield {
        progress: "waiting",
        waiting_for: what,
        elapsed_s: Math.floor((now - start) / 1_000),
        timeout_s: timeoutS,
        problem: problem?.message ?? null,
      };
    }
    if (waitMs > 0) await clock.sleep(waitMs, session.signal);
    else await bell.wait(session.state && placeOf(session.state), POLL_MS, session.signal);
  }
}

function isOver(what: Wait["what"], state: PairState | undefined): boolean {
  if (state === undefined) return false;
  return what === "message" ? state.tag !== "polling" : state.tag === "paired";
}

async function* finished(
  { context, state, sas }: TerminalSession,
  { about: { role } }: ForegroundInput,
): AsyncGenerator<PairOutput, void, undefined> {
  const peer = await pairedPeer(context, state?.tag === "paired" ? state.peerDid : "");
  yield {
    progress: "paired",
    paired_with: peer.did,
    peer_role: role === "host" ? "guest" : "host",
    tier: peer.tier,
    saved_to: context.home.file.relayState,
    reachable: peer.reachable,
    identity_check: peer.identityCheck,
  };
  yield {
    paired_with: peer.did,
    peer_handle: peer.handle,
    peer_relay_url: peer.relayUrl,
    peer_slot_id: peer.slotId,
    sas: displaySas(sas),
    identity_check: peer.identityCheck,
    form: "0.5.19",
  };
}

/**
 * A pairing of the form pair/2 in a terminal, from the code to the verified peer. Its record is on the
 * disk all the while, under a lock that keeps the daemon away; when the terminal dies the daemon goes
 * on with it. See docs/protocol/extensions.md §10 and docs/protocol/cli.md §6.2.
 */
import { WireError } from "../../protocol/errors.ts";
import type { RelayUrl } from "../../protocol/ids.ts";
import { displaySas } from "../../protocol/pairing/sas.ts";
import type { ClientContext } from "../context.ts";
import { PairBell } from "../pairing/pair_bell.ts";
import { placeOf2 } from "../pairing/pair_place.ts";
import type { PairOutput, PairProgress } from "../pairing/pair_progress.ts";
import { pairedPeer } from "../pairing/pin_peer.ts";
import { confirmDigits } from "../pairing/question.ts";
import type { PairPlace } from "../sync/pair_watches.ts";
import { requirePair2 } from "./feature.ts";
import { type Begin2, lockDriver2, recordFor } from "./records.ts";
import { TerminalSession2 } from "./terminal_session2.ts";

const POLL_MS = 250;
const TELL_EVERY_MS = 10_000;
const DRIVER_DEADLINE_MS = 2_000;

export interface Foreground2Input {
  readonly begin: Begin2;
  /** Confirm without asking, unproved. */
  readonly yes: boolean;
  /** Seconds, for each of the waits. */
  readonly timeoutS: number;
}

/**
 * @throws {WireError} refused, if the relay does not offer pair/2; locked, if another terminal has it;
 * timed_out, pairing_failed, pairing_expired, sas_mismatch; the signal's reason. The pairing is over
 * then and the relay was told, if it could be; only what waits for the other side's end goes on
 */
export async function* pair2InForeground(
  context: ClientContext,
  input: Foreground2Input,
  signal: AbortSignal,
): AsyncGenerator<PairOutput, void, undefined> {
  const { side, relayUrl } = input.begin;
  await requirePair2(context, { side, relayUrl });
  const id = await recordFor(context, input.begin);
  const owner = side === "host" ? "wire pair-host" : "wire pair-join";
  await using _driver = await lockDriver2(context, id, { owner, deadlineMs: DRIVER_DEADLINE_MS });
  await using bell = new PairBell(context);
  const session = new TerminalSession2(context, id, signal);
  try {
    yield* conversation(session, input, bell);
  } catch (error) {
    const told = await session.giveUp(error instanceof WireError ? error.message : "interrupted");
    if (told === undefined) throw error;
    yield told;
    throw error instanceof WireError && error.code === "timed_out"
      ? new WireError("timed_out", told.why)
      : error;
  } finally {
    await session.giveUp("interrupted"); // when the reader of this stream went away
  }
}

async function* conversation(
  session: TerminalSession2,
  input: Foreground2Input,
  bell: PairBell,
): AsyncGenerator<PairOutput, void, undefined> {
  const { timeoutS, yes, begin } = input;
  await openMeeting(session, timeoutS);
  yield begun(session, input);
  yield* waitFor(session, { what: "message", timeoutS, bell });
  if (session.state?.tag === "comparing") {
    yield* confirmDigits(session, { sas: session.sas, yes });
  }
  yield* waitFor(session, { what: "bootstrap", timeoutS, bell });
  yield* waitFor(session, { what: "finish", timeoutS, bell });
  yield* finished(session, begin);
}

/** Without the relay there is nothing to wait for yet, except a relay that asks for patience. */
async function openMeeting(session: TerminalSession2, timeoutS: number): Promise<void> {
  const { clock } = session.context.platform;
  const giveUpAt = clock.monotonic() + timeoutS * 1_000;
  for (;;) {
    const { state, problem, waitMs } = await session.look();
    if (state.tag !== "claiming") return;
    const isPatient = waitMs > 0 && clock.monotonic() + waitMs <= giveUpAt;
    if (problem !== undefined && !isPatient) throw problem;
    await clock.sleep(Math.max(waitMs, POLL_MS), session.signal);
  }
}

function begun(session: TerminalSession2, { begin, timeoutS }: Foreground2Input): PairProgress {
  const { context: { platform: { clock } }, state, code } = session;
  const limit = clock.now() + timeoutS * 1_000;
  const life = state !== undefined && "meeting" in state ? state.meeting.expiresAt : limit;
  const end = Math.floor(Math.min(life, limit));
  return {
    progress: begin.side === "host" ? "hosting" : "joining",
    code_phrase: code,
    relay_url: begin.relayUrl,
    expires_at: Temporal.Instant.fromEpochMilliseconds(end).toString(),
    form: "pair/2",
  };
}

interface Wait {
  readonly what: "message" | "bootstrap" | "finish";
  readonly timeoutS: number;
  readonly bell: PairBell;
}

const WANTED = {
  message: "words",
  bootstrap: "sealed card",
  finish: "word that it holds our card",
} as const;

/** @throws {WireError} timed_out; a relay that fails meanwhile is asked again until then */
async function* waitFor(
  session: TerminalSession2,
  { what, timeoutS, bell }: Wait,
): AsyncGenerator<PairProgress, void, undefined> {
  const { clock } = session.context.platform;
  const start = clock.monotonic();
  // That the other side is waited for is told at once: nobody is verified yet.
  let toldAt = what === "finish" ? -Infinity : start;
  let times = reopened(session);
  while (!isOver(what, session)) {
    const { problem, waitMs } = await session.look();
    if (isOver(what, session)) return;
    if (reopened(session) > times) {
      times = reopened(session);
      yield { progress: "reopened", times };
    }
    const now = clock.monotonic();
    if (now - start >= timeoutS * 1_000) {
      throw new WireError(
        "timed_out",
        `timeout after ${timeoutS}s waiting for peer's ${WANTED[what]}`,
        what === "finish" ? { hint: "wire daemon goes on waiting for a day; see pair-list" } : {},
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
    else await bell.wait(busyPlace(session), POLL_MS, session.signal);
  }
}

/** What ends a held pairing comes by mail. */
function busyPlace({ state }: TerminalSession2): PairPlace | undefined {
  const place = state && placeOf2(state);
  return place?.isBusy === true ? place : undefined;
}

const reopened = ({ state }: TerminalSession2): number =>
  state !== undefined && "about" in state ? state.about.reopened : 0;

/** States in which each wait goes on. */
const WAITING: Readonly<Record<Wait["what"], ReadonlySet<string>>> = {
  message: new Set([
    "claiming",
    "reopening",
    "committing",
    "waiting",
    "showing",
    "shown",
    "confirming",
    "awaiting",
  ]),
  bootstrap: new Set(["agreed", "offered"]),
  finish: new Set(["held"]),
};

const isOver = (what: Wait["what"], { state }: TerminalSession2): boolean =>
  state !== undefined && !WAITING[what].has(state.tag);

async function* finished(
  { context, state, sas }: TerminalSession2,
  { side }: { readonly side: Begin2["side"]; readonly relayUrl: RelayUrl },
): AsyncGenerator<PairOutput, void, undefined> {
  const peer = await pairedPeer(context, state?.tag === "verified" ? state.peerDid : "");
  yield {
    progress: "paired",
    paired_with: peer.did,
    peer_role: side === "host" ? "guest" : "host",
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
    form: "pair/2",
  };
}

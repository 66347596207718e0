/**
 * A pairing of the form pair/2 in a terminal, from the code to the verified peer. Its record is on the
 * disk all the while, under a lock that keeps the daemon away; when the terminal dies the daemon goes
 * on with it. See docs/protocol/extensions.md §10 and docs/protocol/cli.md §6.2.
 */
import { WireError } from "../../protocol/errors.ts";
import type { ClientContext } from "../context.ts";
import { PairBell } from "../pairing/pair_bell.ts";
import { PAIR_ANEW } from "../pairing/last_words.ts";
import { pairedOutputs } from "../pairing/paired_outputs.ts";
import { placeOf2 } from "../pairing/pair_place.ts";
import type { PairOutput, PairProgress } from "../pairing/pair_progress.ts";
import { confirmDigits } from "../pairing/question.ts";
import { DRIVER_DEADLINE_MS, openMeeting, type Wait, waitFor } from "../pairing/terminal_wait.ts";
import type { PairPlace } from "../sync/pair_watches.ts";
import { requirePair2 } from "./feature.ts";
import { type Begin2, lockDriver2, recordFor } from "./records.ts";
import { TerminalSession2 } from "./terminal_session2.ts";

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
    if (!(error instanceof WireError) || error.code !== "timed_out") throw error;
    throw new WireError("timed_out", told.why, { hint: error.hint ?? PAIR_ANEW });
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
  const isOpen = (): boolean => session.state !== undefined && session.state.tag !== "claiming";
  yield* openMeeting(session, { timeoutS, isOpen });
  yield begun(session, input);
  yield* waitIn(session, { what: "message", timeoutS, bell });
  if (session.state?.tag === "comparing") {
    yield* confirmDigits(session, { sas: session.sas, yes });
  }
  yield* waitIn(session, { what: "bootstrap", timeoutS, bell });
  yield* waitIn(session, { what: "finish", timeoutS, bell });
  const { context, state, sas } = session;
  const peerDid = state?.tag === "verified" ? state.peerDid : "";
  yield* pairedOutputs(context, { peerDid, role: begin.side, sas, form: "pair/2" });
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

/** @throws {WireError} timed_out */
function waitIn(
  session: TerminalSession2,
  { what, timeoutS, bell }: Pick<Wait, "what" | "timeoutS" | "bell">,
): AsyncGenerator<PairProgress, void, undefined> {
  let times = reopened(session);
  return waitFor(session, {
    what,
    timeoutS,
    bell,
    ...WAITS[what],
    isOver: () => isOver(what, session),
    place: () => busyPlace(session),
    *news() {
      if (reopened(session) <= times) return;
      times = reopened(session);
      yield { progress: "reopened", times };
    },
  });
}

const WAITS = {
  message: { wanted: "words", hint: PAIR_ANEW },
  bootstrap: { wanted: "sealed card", hint: PAIR_ANEW },
  finish: {
    wanted: "word that it holds our card",
    hint: "wire daemon goes on waiting for a day; see pair-list",
    // That the other side is waited for is told at once: nobody is verified yet.
    tellsAtOnce: true,
  },
} as const;

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

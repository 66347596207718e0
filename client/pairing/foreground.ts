/**
 * A pairing in a terminal, from the code to the pinned peer. Its record is on the disk all the while,
 * under a lock that keeps the daemon away; when the terminal dies the daemon goes on with it.
 * See docs/protocol/pairing.md §10 and docs/protocol/cli.md §6.2.
 */
import { WireError } from "../../protocol/errors.ts";
import type { PairAbout, PairState } from "../../protocol/pairing/pair_state.ts";
import type { PendingPair } from "../../protocol/pairing/pending_pair.ts";
import type { ClientContext } from "../context.ts";
import { refuseForeignDaemon } from "../sync/round_lock.ts";
import { PairBell } from "./pair_bell.ts";
import { PAIR_ANEW } from "./last_words.ts";
import { placeOf } from "./pair_place.ts";
import { pairExpiry } from "./pair_listing.ts";
import { pairedOutputs } from "./paired_outputs.ts";
import type { PairOutput, PairProgress } from "./pair_progress.ts";
import { beginRecord, lockDriver } from "./pair_records.ts";
import { confirmDigits } from "./question.ts";
import { TerminalSession } from "./terminal_session.ts";
import { DRIVER_DEADLINE_MS, openMeeting, type Wait, waitFor } from "./terminal_wait.ts";

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
  const isOpen = (): boolean => session.state !== undefined && session.state.tag !== "requested";
  yield* openMeeting(session, { timeoutS, isOpen });
  yield* waitIn(session, { what: "message", timeoutS, bell });
  if (session.state?.tag === "sas_ready") yield* confirmDigits(session, { sas: session.sas, yes });
  yield* waitIn(session, { what: "bootstrap", timeoutS, bell });
  const { context, state, sas } = session;
  const peerDid = state?.tag === "paired" ? state.peerDid : "";
  yield* pairedOutputs(context, { peerDid, role: input.about.role, sas, form: "0.5.19" });
}

/** @throws {WireError} timed_out */
const waitIn = (
  session: TerminalSession,
  wait: Pick<Wait, "timeoutS" | "bell"> & { readonly what: "message" | "bootstrap" },
): AsyncGenerator<PairProgress, void, undefined> =>
  waitFor(session, {
    ...wait,
    ...WAITS[wait.what],
    isOver: () => isOver(wait.what, session.state),
    place: () => session.state && placeOf(session.state),
  });

const WAITS = {
  message: { wanted: "SPAKE2 message", hint: PAIR_ANEW },
  bootstrap: {
    wanted: "sealed bootstrap",
    hint: "your peer may show you as verified: pair again",
  },
} as const;

function isOver(what: keyof typeof WAITS, state: PairState | undefined): boolean {
  if (state === undefined) return false;
  return what === "message" ? state.tag !== "polling" : state.tag === "paired";
}

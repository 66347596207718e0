/** Asks the operator, and keeps the pairing alive while it waits for the answer. */
import { WireError } from "../../protocol/errors.ts";
import { checkTypedDigits, displaySas } from "../../protocol/pairing/sas.ts";
import { DECLINED, type GateEvent, judge, MAX_ATTEMPTS } from "./gate.ts";
import type { PairProgress } from "./pair_progress.ts";
import { passDigits } from "../consent/pass.ts";
import type { ClientContext } from "../context.ts";

/** Often enough to see at once that the other side has given up. */
const LOOK_EVERY_MS = 1_000;

/** One pairing of either form, as the question needs it. */
export interface Asked {
  readonly context: ClientContext;
  readonly code: string;
  readonly signal: AbortSignal;
  step(event: GateEvent): Promise<unknown>;
  /** Looks what is new: whether the digits still wait for an answer. */
  isComparing(): Promise<boolean>;
}

export interface ConfirmOptions {
  /** Six digits. */
  readonly sas: string;
  /** Confirm without asking, unproved. */
  readonly yes: boolean;
}

/**
 * Shows the digits and has them confirmed; ends early when another command has done so.
 * @throws {WireError} pairing_failed when declined; and as `step`
 */
export async function* confirmDigits(
  session: Asked,
  { sas, yes }: ConfirmOptions,
): AsyncGenerator<PairProgress, void, undefined> {
  const { clock, terminal: { stdin } } = session.context.platform;
  yield { progress: "digits", code_phrase: session.code, sas: displaySas(sas) };
  if (yes) {
    await passDigits(session.context, session.code, "unproved");
    await session.step({ tag: "accepted", now: clock.now() });
    yield { progress: "confirmed", sas_proof: "unproved" };
    return;
  }
  const { isTerminal } = stdin;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    yield { progress: "confirm", wants: isTerminal ? "digits" : "yes" };
    const typed = yield* readLine(session);
    if (typed === undefined) return;
    const answer = judge(typed.line, { sas, isTerminal, now: clock.now() });
    if (answer.tag === "again") {
      yield { progress: "again", why: answer.why };
      continue;
    }
    const { event } = answer;
    const proof = event.tag === "digitsTyped" ? event.proof : "unproved";
    if (isYes(event, sas)) await passDigits(session.context, session.code, proof);
    await session.step(event);
    yield { progress: "confirmed", sas_proof: proof };
    return;
  }
  throw new WireError("pairing_failed", DECLINED);
}

function isYes(event: GateEvent, sas: string): boolean {
  if (event.tag !== "digitsTyped") return event.tag === "accepted";
  return checkTypedDigits(event.digits, sas).tag === "equal";
}

interface Typed {
  readonly line: string | undefined;
}

/** @returns undefined, if it was answered elsewhere */
async function* readLine(session: Asked): AsyncGenerator<PairProgress, Typed | undefined> {
  const { clock, terminal: { stdin } } = session.context.platform;
  const over = new AbortController();
  const signal = AbortSignal.any([session.signal, over.signal]);
  const reading = stdin.readLine(signal).then((line) => ({ line }));
  reading.catch(() => undefined); // once this has returned, nobody waits for it any more
  let answered = false;
  try {
    for (;;) {
      const pause = clock.sleep(LOOK_EVERY_MS, signal).then(() => undefined);
      pause.catch(() => undefined); // as above
      const typed = await Promise.race([reading, pause]);
      answered = typed !== undefined;
      if (answered) return typed;
      if (!await session.isComparing()) return undefined;
    }
  } finally {
    over.abort();
    if (!answered) yield { progress: "unanswered" };
  }
}

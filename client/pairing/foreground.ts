/**
 * A pairing in a terminal, from the code to the pinned peer. Its record is on the disk all the while,
 * under a lock that keeps the daemon away; when the terminal dies the daemon goes on with it.
 * See docs/protocol/pairing.md §10 and docs/protocol/cli.md §6.2.
 */
import { WireError } from "../../protocol/errors.ts";
import type { PairEvent } from "../../protocol/pairing/pair_event.ts";
import type { PairAbout, PairState } from "../../protocol/pairing/pair_state.ts";
import { isEnded } from "../../protocol/pairing/pair_state.ts";
import { displaySas } from "../../protocol/pairing/sas.ts";
import type { ClientContext } from "../context.ts";
import { DECLINED, judge, MAX_ATTEMPTS } from "./gate.ts";
import { advance, type Advanced } from "./pair_driver.ts";
import type { PairOutput, PairResult } from "./pair_progress.ts";
import { beginRecord, lockDriver } from "./pair_records.ts";
import { pairedPeer } from "./pin_peer.ts";

const POLL_MS = 250;
/** While the operator compares: often enough to see at once that the other side has given up. */
const PROMPT_POLL_MS = 1_000;
const TELL_EVERY_MS = 10_000;
const DRIVER_DEADLINE_MS = 2_000;
/** For telling the relay, after which the daemon goes on trying. */
const LAST_WORDS_MS = 3_000;

export interface ForegroundInput {
  readonly about: Omit<PairAbout, "createdAt">;
  /** Confirm without asking, unproved. */
  readonly yes: boolean;
  /** Seconds, for each of the two waits. */
  readonly timeoutS: number;
}

/**
 * @throws {WireError} timed_out, pairing_failed, sas_mismatch, conflict; the signal's reason. In every
 * case the pairing is over and the relay was told, if it could be
 */
export async function* pairInForeground(
  context: ClientContext,
  input: ForegroundInput,
  signal: AbortSignal,
): AsyncGenerator<PairOutput, void, undefined> {
  const { code, role } = input.about;
  await using _driver = await lockDriver(context.home, code, {
    owner: `wire pair-${role === "host" ? "host" : "join"}`,
    deadlineMs: DRIVER_DEADLINE_MS,
  });
  await beginRecord(context, input.about);
  const pairing = new Foreground(context, input, signal);
  try {
    yield* pairing.run();
  } catch (error) {
    const told = await pairing.giveUp(error);
    if (told !== undefined) yield told;
    throw error;
  } finally {
    await pairing.giveUp(undefined); // the reader of this stream went away
  }
}

class Foreground {
  readonly #context: ClientContext;
  readonly #input: ForegroundInput;
  readonly #signal: AbortSignal;
  #over = false;
  #state: PairState | undefined;
  #sas = "";

  constructor(context: ClientContext, input: ForegroundInput, signal: AbortSignal) {
    this.#context = context;
    this.#input = input;
    this.#signal = signal;
  }

  async *run(): AsyncGenerator<PairOutput, void, undefined> {
    const { about: { code, relayUrl, role }, timeoutS } = this.#input;
    const { clock } = this.#context.platform;
    const expiresAt = clock.now() + timeoutS * 1_000;
    yield {
      progress: role === "host" ? "hosting" : "joining",
      code_phrase: code,
      relay_url: relayUrl,
      expires_at: Temporal.Instant.fromEpochMilliseconds(expiresAt).toString(),
    };
    await this.#open();
    yield* this.#waitFor("message", (state) => state.tag !== "polling");
    if (this.#state?.tag === "sas_ready") yield* this.#confirm(this.#state.sas);
    yield* this.#waitFor("bootstrap", (state) => state.tag === "paired");
    yield* this.#finished();
  }

  /** Without the relay there is nothing to wait for yet, except for a relay that asks to wait. */
  async #open(): Promise<void> {
    const { clock } = this.#context.platform;
    const giveUpAt = clock.monotonic() + this.#input.timeoutS * 1_000;
    for (;;) {
      const { state, problem, waitMs } = await this.#step({ tag: "tick", now: clock.now() });
      if (state.tag !== "requested") return;
      if (problem !== undefined && (waitMs === 0 || clock.monotonic() + waitMs > giveUpAt)) {
        throw problem;
      }
      await clock.sleep(Math.max(waitMs, POLL_MS), this.#signal);
    }
  }

  async *#waitFor(
    what: "message" | "bootstrap",
    isDone: (state: PairState) => boolean,
  ): AsyncGenerator<PairOutput, void, undefined> {
    const { clock } = this.#context.platform;
    const { timeoutS } = this.#input;
    const start = clock.monotonic();
    let toldAt = start;
    for (;;) {
      if (this.#state !== undefined && isDone(this.#state)) return;
      const { state, problem, waitMs } = await this.#step({ tag: "tick", now: clock.now() });
      if (isDone(state)) return;
      const now = clock.monotonic();
      if (now - start >= timeoutS * 1_000) {
        const wanted = what === "message" ? "SPAKE2 message" : "sealed bootstrap";
        throw new WireError("timed_out", `timeout after ${timeoutS}s waiting for peer's ${wanted}`);
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
      await clock.sleep(Math.max(POLL_MS, waitMs), this.#signal);
    }
  }

  async *#confirm(sas: string): AsyncGenerator<PairOutput, void, undefined> {
    const { about: { code }, yes } = this.#input;
    this.#sas = sas;
    yield { progress: "digits", code_phrase: code, sas: displaySas(sas) };
    const { isTerminal } = this.#context.platform.terminal.stdin;
    if (yes) {
      await this.#step({ tag: "accepted", now: this.#context.platform.clock.now() });
      yield { progress: "confirmed", sas_proof: "unproved" };
      return;
    }
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      yield { progress: "confirm", wants: isTerminal ? "digits" : "yes" };
      const line = await this.#readLine();
      if (line === "elsewhere") return;
      const { clock } = this.#context.platform;
      const answer = judge(line.text, { sas, isTerminal, now: clock.now() });
      if (answer.tag === "again") {
        yield { progress: "again", why: answer.why };
        continue;
      }
      await this.#step(answer.event);
      const typed = answer.event.tag === "digitsTyped" ? answer.event.proof : "unproved";
      yield { progress: "confirmed", sas_proof: typed };
      return;
    }
    throw new WireError("pairing_failed", DECLINED);
  }

  /** Keeps the slot alive while a person reads; "elsewhere" when another command has answered. */
  async #readLine(): Promise<{ readonly text: string | undefined } | "elsewhere"> {
    const { clock, terminal: { stdin } } = this.#context.platform;
    using reading = new Reading(this.#signal);
    const line = stdin.readLine(reading.signal).then((text) => ({ text }));
    line.catch(() => undefined); // what it says after the end of this call, nobody hears
    for (;;) {
      const pause = clock.sleep(PROMPT_POLL_MS, reading.signal).then(() => undefined);
      pause.catch(() => undefined);
      const typed = await Promise.race([line, pause]);
      if (typed !== undefined) return typed;
      const { state } = await this.#step({ tag: "tick", now: clock.now() });
      if (state.tag !== "sas_ready") return "elsewhere";
    }
  }

  async *#finished(): AsyncGenerator<PairOutput, void, undefined> {
    const { home } = this.#context;
    const { role } = this.#input.about;
    const did = this.#state?.tag === "paired" ? this.#state.peerDid : "";
    const peer = await pairedPeer(home, did);
    yield {
      progress: "paired",
      paired_with: peer.did,
      peer_role: role === "host" ? "guest" : "host",
      tier: peer.tier,
      saved_to: home.file.relayState,
      identity_check: peer.identityCheck,
    };
    const result: PairResult = {
      paired_with: peer.did,
      peer_handle: peer.handle,
      peer_relay_url: peer.relayUrl,
      peer_slot_id: peer.slotId,
      sas: displaySas(this.#sas),
      identity_check: peer.identityCheck,
    };
    yield result;
  }

  /** One step. @throws {WireError} if the pairing has ended in any way but a good one */
  async #step(event: PairEvent): Promise<Advanced & { readonly state: PairState }> {
    this.#signal.throwIfAborted();
    const { code } = this.#input.about;
    const options = { signal: this.#signal, notify: "nobody" } as const;
    const advanced = await advance(this.#context, code, event, options);
    const { state } = advanced;
    this.#over = state === undefined || state.tag === "paired";
    if (state === undefined) {
      throw new WireError("pairing_failed", `pairing ${code} was given up by another command`);
    }
    if (state.tag === "aborted" || state.tag === "aborted_restart") throw ended(state.error, event);
    if ("sas" in state) this.#sas = state.sas;
    this.#state = state;
    return { ...advanced, state };
  }

  /**
   * Ends what has not ended, and tells the relay.
   * @returns undefined when it was over before
   */
  async giveUp(reason: unknown): Promise<PairOutput | undefined> {
    if (this.#over) return undefined;
    this.#over = true;
    const { code } = this.#input.about;
    const why = reason instanceof WireError ? reason.message : "interrupted";
    const signal = this.#context.platform.clock.timeout(LAST_WORDS_MS);
    try {
      const event: PairEvent = { tag: "declined", error: why };
      const { state } = await advance(this.#context, code, event, { signal, notify: "nobody" });
      const told = state !== undefined && isEnded(state) && "abandonDue" in state &&
        !state.abandonDue;
      return { progress: "given_up", why, relay_told: told };
    } catch (error) {
      // The first failure is the one to report; this one only says that the daemon must tell.
      if (!(error instanceof WireError)) throw error;
      return { progress: "given_up", why, relay_told: false };
    }
  }
}

/** @param event what ended it, if it was ours */
function ended(error: string, event: PairEvent): WireError {
  if (event.tag === "digitsTyped") {
    return new WireError(
      "sas_mismatch",
      "digits mismatch — pair aborted. Re-issue with a fresh `wire pair-host`",
    );
  }
  const code = error.startsWith("pairing expired") ? "pairing_expired" : "pairing_failed";
  return new WireError(code, error);
}

/** The end of a question: aborts what still waits for its answer. */
class Reading implements Disposable {
  readonly #controller = new AbortController();
  readonly signal: AbortSignal;

  constructor(outer: AbortSignal) {
    this.signal = AbortSignal.any([outer, this.#controller.signal]);
  }

  [Symbol.dispose](): void {
    this.#controller.abort();
  }
}

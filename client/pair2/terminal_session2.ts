/**
 * One pairing of the form pair/2 as a terminal drives it: steps that fail when the pairing ends badly,
 * and an end that tells the relay. What is held already is left to the daemon.
 * See docs/protocol/extensions.md §10.
 */
import { WireError } from "../../protocol/errors.ts";
import type { Pair2Event } from "../../protocol/pair2/event.ts";
import type { Live2, Pair2State, Verified } from "../../protocol/pair2/state.ts";
import type { ClientContext } from "../context.ts";
import { DECLINED } from "../pairing/gate.ts";
import type { Advanced } from "../pairing/drive.ts";
import { type GivenUp, lastWords, PAIR_ANEW } from "../pairing/last_words.ts";
import type { Asked } from "../pairing/question.ts";
import { advance2 } from "./driver.ts";
import { shownCode } from "./records.ts";

type Going = Live2 | Verified;
/** A step after which the pairing still goes on, or is done. */
export type Stepped2 = Advanced<Pair2State> & { readonly state: Going };

export class TerminalSession2 implements Asked {
  readonly context: ClientContext;
  readonly id: string;
  readonly signal: AbortSignal;
  #state: Going | undefined;
  #code = "";
  #sas = "";
  #over = false;

  constructor(context: ClientContext, id: string, signal: AbortSignal) {
    this.context = context;
    this.id = id;
    this.signal = signal;
  }

  /** After the last step; undefined before the first. */
  get state(): Going | undefined {
    return this.#state;
  }

  /** With its words, also when it is over; empty while the relay has given no number. */
  get code(): string {
    return this.#code;
  }

  /** Six digits once they are known, also when it has gone further since. */
  get sas(): string {
    return this.#sas;
  }

  /** Looks what is new, and what another command has done. */
  look(): Promise<Stepped2> {
    return this.step({ tag: "tick", now: this.context.platform.clock.now() });
  }

  async isComparing(): Promise<boolean> {
    return (await this.look()).state.tag === "comparing";
  }

  /**
   * @throws {WireError} pairing_failed, pairing_expired or sas_mismatch, if it has ended; the signal's
   * reason
   */
  async step(event: Pair2Event): Promise<Stepped2> {
    this.signal.throwIfAborted();
    const options = { signal: this.signal, notify: "nobody" } as const;
    const advanced = await advance2(this.context, this.id, event, options);
    const { state } = advanced;
    this.#over = state === undefined || state.tag === "verified" || state.tag === "ended";
    if (state === undefined) {
      const problem = `pairing ${this.#code} was given up by another command`;
      throw new WireError("pairing_failed", problem);
    }
    if (state.tag === "ended") throw ended(state, event);
    if ("meeting" in state) this.#code = shownCode(state);
    if ("sas" in state) this.#sas = state.sas;
    this.#state = state;
    return { ...advanced, state };
  }

  /**
   * Ends what has not ended and is not held, and tells the relay.
   * @returns undefined when it was over before
   */
  async giveUp(why: string): Promise<GivenUp | undefined> {
    if (this.#over || this.#state?.tag === "held") return undefined;
    this.#over = true;
    const failed = { tag: "failed", error: why } as const;
    return await lastWords(this.context, why, async (signal) => {
      const options = { signal, notify: "nobody" } as const;
      const { state } = await advance2(this.context, this.id, failed, options);
      const isDue = state?.tag === "ended" && state.closing !== undefined;
      return { why: state?.tag === "ended" ? state.error : why, relay_told: !isDue };
    });
  }
}

/** Other digits mean another key between the two, whoever's slip it may have been. */
const TRIED = "if the screens differed: somebody may have tried to guess the words";

/** @param event the one after which it was found ended */
function ended({ error }: Extract<Pair2State, { tag: "ended" }>, event: Pair2Event): WireError {
  if (event.tag === "declined") {
    return new WireError("pairing_failed", DECLINED, { hint: `${TRIED}\n${PAIR_ANEW}` });
  }
  if (event.tag === "digitsTyped") {
    return new WireError(
      "sas_mismatch",
      "digits mismatch — pair aborted. Re-issue with a fresh `wire pair-host`",
      { hint: TRIED },
    );
  }
  const code = error.startsWith("the code expired") ? "pairing_expired" : "pairing_failed";
  return new WireError(code, error, { hint: PAIR_ANEW });
}

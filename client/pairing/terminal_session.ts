/**
 * One pairing as a terminal drives it: steps that fail when the pairing ends badly, and an end that
 * always tells the relay. See docs/protocol/pairing.md §10.
 */
import { WireError } from "../../protocol/errors.ts";
import type { CodePhrase } from "../../protocol/ids.ts";
import type { PairEvent } from "../../protocol/pairing/pair_event.ts";
import type { PairState } from "../../protocol/pairing/pair_state.ts";
import type { ClientContext } from "../context.ts";
import type { Advanced } from "./drive.ts";
import { type GivenUp, lastWords, PAIR_ANEW } from "./last_words.ts";
import { advance } from "./pair_driver.ts";
import type { Asked } from "./question.ts";

/** A step after which the pairing still goes on, or is done. */
export type Stepped = Advanced<PairState> & { readonly state: PairState };

export class TerminalSession implements Asked {
  readonly context: ClientContext;
  readonly code: CodePhrase;
  readonly signal: AbortSignal;
  #state: PairState | undefined;
  #sas = "";
  #over = false;

  constructor(context: ClientContext, code: CodePhrase, signal: AbortSignal) {
    this.context = context;
    this.code = code;
    this.signal = signal;
  }

  /** After the last step; undefined before the first. */
  get state(): PairState | undefined {
    return this.#state;
  }

  /** Six digits once they are known, also when it has gone further since. */
  get sas(): string {
    return this.#sas;
  }

  /** Looks what is new, and what another command has done. */
  look(): Promise<Stepped> {
    return this.step({ tag: "tick", now: this.context.platform.clock.now() });
  }

  async isComparing(): Promise<boolean> {
    return (await this.look()).state.tag === "sas_ready";
  }

  /**
   * @throws {WireError} pairing_failed, pairing_expired or sas_mismatch, if it has ended; the signal's
   * reason
   */
  async step(event: PairEvent): Promise<Stepped> {
    this.signal.throwIfAborted();
    const options = { signal: this.signal, notify: "nobody" } as const;
    const advanced = await advance(this.context, this.code, event, options);
    const { state } = advanced;
    this.#over = state === undefined || state.tag === "paired";
    if (state === undefined) {
      const problem = `pairing ${this.code} was given up by another command`;
      throw new WireError("pairing_failed", problem);
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
  async giveUp(why: string): Promise<GivenUp | undefined> {
    if (this.#over) return undefined;
    this.#over = true;
    const event: PairEvent = { tag: "declined", error: why };
    return await lastWords(this.context, why, async (signal) => {
      const options = { signal, notify: "nobody" } as const;
      const { state } = await advance(this.context, this.code, event, options);
      const isDue = state !== undefined && "abandonDue" in state && state.abandonDue;
      return { why, relay_told: !isDue };
    });
  }
}

/** @param event the one after which it was found ended */
function ended(error: string, event: PairEvent): WireError {
  if (event.tag === "digitsTyped") {
    return new WireError(
      "sas_mismatch",
      "digits mismatch — pair aborted. Re-issue with a fresh `wire pair-host`",
    );
  }
  const code = error.startsWith("pairing expired") ? "pairing_expired" : "pairing_failed";
  return new WireError(code, error, { hint: PAIR_ANEW });
}

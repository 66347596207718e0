/** Whether a relay should be sent requests: not while it stops, nor when its store is silent. */
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";

export interface ReadinessDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Reads something from the store. */
  probe(): Promise<unknown>;
}

/** Longer than any read takes, shorter than those who ask wait. */
const PROBE_MS = 2_000;

export class Readiness {
  readonly #deps: ReadinessDeps;
  #isStopping = false;
  /** All who ask meanwhile share one probe: a store that is silent is not asked ever more. */
  #probing: Promise<string | undefined> | undefined;

  constructor(deps: ReadinessDeps) {
    this.#deps = deps;
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** From now on it is not ready. */
  stop(): void {
    this.#isStopping = true;
  }

  /** @returns why it is not ready, or undefined */
  async problem(): Promise<string | undefined> {
    if (this.#isStopping) return "shutting down";
    this.#probing ??= this.#probe().finally(() => this.#probing = undefined);
    const late = new AbortController();
    const deadline = this.#deps.clock.sleep(PROBE_MS, late.signal).then(
      () => "the store does not answer",
      () => undefined, // called off: the probe has answered
    );
    try {
      return await Promise.race([this.#probing, deadline]);
    } finally {
      late.abort();
    }
  }

  async #probe(): Promise<string | undefined> {
    try {
      await this.#deps.probe();
      return undefined;
    } catch (error) {
      this.#deps.log.error("the store cannot be read", { error: String(error) });
      return "the store cannot be read";
    }
  }
}

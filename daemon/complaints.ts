/** What goes wrong again and again, such as a relay that is away for a night, is told once. */
import { errorText } from "../client/sync/error_text.ts";
import type { Clock } from "../platform/clock.ts";
import type { LiveProblem } from "../protocol/schemas/live.ts";

export interface ComplaintsOptions {
  readonly clock: Clock;
  warn(line: string): void;
}

export class Complaints {
  readonly #options: ComplaintsOptions;
  /** By step, the newest last. */
  readonly #told = new Map<string, LiveProblem>();

  constructor(options: ComplaintsOptions) {
    this.#options = options;
  }

  /** What failed last, and has not gone well since. */
  get latest(): LiveProblem | undefined {
    return [...this.#told.values()].at(-1);
  }

  /**
   * Tells it, unless the same was the last thing told of that step.
   * @returns the error's text
   */
  about(step: string, error: unknown): string {
    const text = errorText(error);
    if (this.#told.get(step)?.error !== text) this.#options.warn(`daemon: ${step} error: ${text}`);
    this.#told.delete(step);
    this.#told.set(step, { step, error: text, at: this.#options.clock.timestamp() });
    return text;
  }

  /** The step went well: the next failure is news again. */
  settled(step: string): void {
    this.#told.delete(step);
  }
}

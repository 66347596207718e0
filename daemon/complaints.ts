/** What goes wrong again and again, such as a relay that is away for a night, is told once. */
import { errorText } from "../client/sync/error_text.ts";

export class Complaints {
  readonly #warn: (line: string) => void;
  readonly #told = new Map<string, string>();

  constructor(warn: (line: string) => void) {
    this.#warn = warn;
  }

  /**
   * Tells it, unless the same was the last thing told of that step.
   * @returns the error's text
   */
  about(step: string, error: unknown): string {
    const text = errorText(error);
    if (this.#told.get(step) !== text) this.#warn(`daemon: ${step} error: ${text}`);
    this.#told.set(step, text);
    return text;
  }

  /** The step went well: the next failure is news again. */
  settled(step: string): void {
    this.#told.delete(step);
  }
}

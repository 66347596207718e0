/** Deciding and committing as one step, again and again while another relay was quicker. */
import { WireError } from "../../protocol/errors.ts";

/** What to answer, and what must have been committed before. */
export interface Step<T> {
  readonly answer: T;
  readonly commit?: Deno.AtomicOperation;
}

/** Each failed round means that another relay got ahead, so many in a row mean something else. */
const MAX_ROUNDS = 100;

export class KvSteps {
  #last: Promise<unknown> = Promise.resolve();

  /** @param what in messages: `Cannot store <what>` */
  constructor(readonly what: string) {}

  /**
   * One after another in this process.
   * @param decide reads, and makes the commit that checks what it has read; may be called again
   * @throws {WireError} write_failed
   */
  run<T>(decide: () => Promise<Step<T>>): Promise<T> {
    const result = this.#last.then(() => this.#rounds(decide));
    // Its failure is told to its caller; the next one only waits for its end.
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #rounds<T>(decide: () => Promise<Step<T>>): Promise<T> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const { answer, commit } = await decide();
      if (commit === undefined || await this.#isCommitted(commit)) return answer;
    }
    throw new WireError("write_failed", `Cannot store ${this.what}: others keep changing it`);
  }

  async #isCommitted(commit: Deno.AtomicOperation): Promise<boolean> {
    try {
      return (await commit.commit()).ok;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new WireError("write_failed", `Cannot store ${this.what}: ${reason}`, { cause });
    }
  }
}

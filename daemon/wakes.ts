/** Reasons to do something, gathered: many at once are one. */
import { Bell } from "../client/sync/bell.ts";

/** Which part of a cycle is due. */
export const WAKES = ["outbox", "mailbox", "pairs"] as const;
export type Wake = typeof WAKES[number];

export class Wakes {
  readonly bell = new Bell();
  #raised = new Set<Wake>();

  raise(wake: Wake): void {
    this.#raised.add(wake);
    this.bell.ring();
  }

  /** What was raised since the last time, and forgets it. */
  take(): ReadonlySet<Wake> {
    const taken = this.#raised;
    this.#raised = new Set();
    this.bell.reset();
    return taken;
  }
}

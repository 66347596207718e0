/** Reasons to do something, gathered: many at once are one. */

/** Which part of a cycle is due. */
export type Wake = "outbox" | "mailbox" | "pairs";

export class Wakes {
  #raised = new Set<Wake>();
  #bell = Promise.withResolvers<void>();

  raise(wake: Wake): void {
    this.#raised.add(wake);
    this.#bell.resolve();
  }

  /** Resolves as soon as something is raised that was not taken yet. */
  raised(): Promise<void> {
    return this.#bell.promise;
  }

  /** What was raised since the last time, and forgets it. */
  take(): ReadonlySet<Wake> {
    const taken = this.#raised;
    this.#raised = new Set();
    this.#bell = Promise.withResolvers<void>();
    return taken;
  }
}

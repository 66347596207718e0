/** A daemon in a world of fakes. */
import assert from "node:assert/strict";
import type { Pairing } from "../../daemon/cycle.ts";
import type { CycleReport } from "../../daemon/cycle_report.ts";
import { daemonWith } from "../../daemon/daemon.ts";
import { Outbox } from "../../store/mail/outbox.ts";
import { eventFrom, type Party } from "../fault/mail_world.ts";

export const NO_PAIRING: Pairing = {
  recover: () => Promise.resolve(),
  tick: () => Promise.resolve({ transitions: [], isBusy: false }),
};

/** A daemon whose reports a test takes one by one. */
export class Running {
  readonly stop = new AbortController();
  readonly #reports: AsyncIterator<CycleReport>;

  constructor(
    { context }: Party,
    { pairing = NO_PAIRING, once = false, interval = 5, allSessions = false } = {},
  ) {
    const input = { interval, once, allSessions };
    const stream = daemonWith(pairing).stream(context, input, this.stop.signal);
    this.#reports = stream[Symbol.asyncIterator]();
  }

  async next(): Promise<CycleReport> {
    const { value, done } = await this.#reports.next();
    assert.ok(!done, "the daemon ended");
    return value;
  }

  /** Begins it, if nobody has; what it still reports is passed over. */
  async ended(): Promise<void> {
    while ((await this.#reports.next()).done !== true);
  }
}

export const queue = async (from: Party, to: Party, body: string): Promise<string> => {
  const event = eventFrom(from, to, { body });
  const outbox = new Outbox({ files: from.disk, stateRoot: from.context.home.paths.stateRoot });
  await outbox.enqueue(to.handle, event);
  return event.id;
};

/** When to look into the inbox: at once, when something changes there, and from time to time. */
import type { ClientContext } from "../context.ts";
import { Bell } from "../sync/bell.ts";
import { ringAtLiveMail } from "../sync/live_bell.ts";

export interface TimesOptions {
  readonly directory: string;
  readonly intervalMs: number;
  readonly once: boolean;
  readonly signal: AbortSignal;
}

export async function* mailTimes(
  context: ClientContext,
  { directory, intervalMs, once, signal }: TimesOptions,
): AsyncGenerator<void, void, undefined> {
  if (once) return yield;
  const { files, clock } = context.platform;
  const bell = new Bell();
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const watching = [
    ringAtChanges(bell, files.watch([directory], both)),
    ringAtLiveMail(context, bell, both),
  ];
  try {
    while (!signal.aborted) {
      bell.reset();
      yield;
      await bell.wait(clock, intervalMs, signal);
    }
  } finally {
    stop.abort();
    await Promise.all(watching);
  }
}

async function ringAtChanges(bell: Bell, changes: AsyncIterable<void>): Promise<void> {
  for await (const _ of changes) bell.ring();
}

/** A spinner for what takes longer than a second, on terminals only. */
import type { Clock } from "../../platform/clock.ts";
import type { Ui } from "./ui.ts";

const SILENT_MS = 1_000;
const FRAME_MS = 100;
const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"] as const;

export interface ProgressOptions {
  readonly ui: Ui;
  readonly clock: Clock;
  /** What is being done, as in "bind-relay". */
  readonly label: string;
}

/** Waits for `work`; while it takes long, says so. */
export async function withProgress<T>(
  work: Promise<T>,
  options: ProgressOptions,
): Promise<T> {
  const done = new AbortController();
  const spinning = spin(options, done.signal);
  try {
    return await work;
  } finally {
    done.abort();
    await spinning;
  }
}

async function spin({ ui, clock, label }: ProgressOptions, done: AbortSignal): Promise<void> {
  const start = clock.monotonic();
  try {
    await clock.sleep(SILENT_MS, done);
    for (let frame = 0;; frame++) {
      const seconds = Math.floor((clock.monotonic() - start) / 1_000);
      ui.transient(`${FRAMES[frame % FRAMES.length]} ${label} (${seconds} s)`);
      await clock.sleep(FRAME_MS, done);
    }
  } catch (error) {
    if (!done.aborted) throw error;
  }
  ui.transient(undefined);
}

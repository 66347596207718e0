/** Runs one parsed command: input through its schema, the operation, output as text or JSON. */
import { type ClientContext, createContext } from "../client/context.ts";
import type { StreamOperation } from "../client/operation.ts";
import { lazyDaemonLink } from "../daemon/lazy_link.ts";
import { WireError } from "../protocol/errors.ts";
import type { Json } from "../protocol/json/value.ts";
import { MAX_MESSAGE, visible } from "../protocol/text/visible.ts";
import type { Clock } from "../platform/clock.ts";
import type { Platform } from "../platform/platform.ts";
import type { z } from "zod";
import { outcomeOf } from "./exit_code.ts";
import { Interruption } from "./interrupt.ts";
import { inOwnHome } from "./own_home.ts";
import type { ParsedLine } from "./parser.ts";
import { inputProblem } from "./report.ts";
import { withProgress } from "./ui/progress.ts";
import type { Ui } from "./ui/ui.ts";

export type RunLine = Extract<ParsedLine, { tag: "run" }>;

/** How long a stream may take to end cleanly once it was told to. */
const CLEAN_END_MS = 4_000;
/** And then, for its reader to take what it has said. */
const LAST_WORDS_MS = 500;

/**
 * @returns the exit code of a command that did what it does
 * @throws {WireError} what it failed with; {Interrupted} when told to stop
 */
export async function execute(line: RunLine, platform: Platform, ui: Ui): Promise<number> {
  const { entry, command, positionals, options } = line;
  const { operation } = command;
  using interruption = new Interruption(platform.processes);
  const bare = options["exitWithParent"] === true
    ? withStdin(platform, interruption.followParent(platform.terminal.stdin))
    : platform;
  const world = await inOwnHome(bare, entry, ui);
  const context = createContext(world, {
    warn: (text) => ui.note(visible(text, { maxLength: MAX_MESSAGE })),
    daemon: lazyDaemonLink(world),
  });

  const asked = command.operation.input.safeParse(
    await command.toInput(positionals, { ...options, json: line.json }, world),
  );
  if (!asked.success) {
    throw inputProblem(asked.error, { name: entry.name, options: command.options });
  }

  let last: unknown;
  const show = (output: unknown): void => {
    last = output;
    const isForPeople = !line.json || (entry.progress === true && isProgress(output));
    if (isForPeople) return command.render(output, ui, { input: asked.data });
    // An operation's output is JSON by its schema.
    ui.json(output as Json, { ordered: entry.ordered === true });
  };
  if ("stream" in operation) {
    await stream(operation, { context, input: asked.data, interruption, ui, show, line });
  } else {
    const work = operation.run(context, asked.data);
    show(
      await orStopped(
        withProgress(work, { ui, clock: platform.clock, label: entry.name }),
        interruption,
      ),
    );
  }
  const { exitCode, complaint } = outcomeOf(entry.name, last);
  if (complaint !== undefined) ui.error(`error: ${complaint}`);
  return exitCode;
}

const isProgress = (output: unknown): boolean =>
  typeof output === "object" && output !== null && "progress" in output;

interface Streaming {
  readonly context: ClientContext;
  readonly input: unknown;
  readonly interruption: Interruption;
  readonly ui: Ui;
  readonly show: (output: unknown) => void;
  readonly line: RunLine;
}

async function stream(
  operation: StreamOperation<z.ZodType, z.ZodType>,
  { context, input, interruption, ui, show, line }: Streaming,
): Promise<void> {
  const { signal } = interruption;
  const { clock } = context.platform;
  const told = toldToStop(signal);
  const consume = async (): Promise<void> => {
    for await (const output of operation.stream(context, input, signal)) {
      show(output);
      // A reader that stands still holds nobody up who was told to stop.
      await Promise.race([ui.relieve(), told]);
    }
  };
  try {
    await orImpatient(consume(), interruption, clock);
  } catch (error) {
    if (!signal.aborted) throw error;
    // Told to stop, it may end by saying so; what else it says is a failure.
    if (!(error instanceof WireError && error.code === "interrupted")) throw error;
  }
  if (!signal.aborted) return;
  const over = new AbortController();
  await ui.flushUntil(clock.sleep(LAST_WORDS_MS, over.signal).catch(() => undefined)); // ended by us
  over.abort();
  if (line.entry.service !== true) throw signal.reason;
}

function toldToStop(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** @throws the reason of the interruption, as soon as there is one */
async function orStopped<T>(work: Promise<T>, { signal }: Interruption): Promise<T> {
  const stopped = Promise.withResolvers<never>();
  const stop = (): void => stopped.reject(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([work, stopped.promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** Waits for `work`; after an interruption only for a while, and not at all after a second one. */
async function orImpatient(
  work: Promise<void>,
  { signal, impatient }: Interruption,
  clock: Clock,
): Promise<void> {
  const done = new AbortController();
  const overdue = Promise.withResolvers<void>();
  const start = (): void => {
    clock.sleep(CLEAN_END_MS, done.signal).then(overdue.resolve, () => undefined);
  };
  if (signal.aborted) start();
  else signal.addEventListener("abort", start, { once: true });
  try {
    await Promise.race([work, overdue.promise, impatient]);
  } finally {
    done.abort();
    signal.removeEventListener("abort", start);
  }
}

function withStdin(platform: Platform, stdin: Platform["terminal"]["stdin"]): Platform {
  const { stdout, stderr } = platform.terminal;
  const terminal = {
    stdin,
    stdout,
    stderr,
    colour: (stream: "stdout" | "stderr") => platform.terminal.colour(stream),
  };
  return { ...platform, terminal };
}

/**
 * Runs a command of the operator's for messages as they come. The message is on its standard input and
 * never on a command line. See docs/protocol/cli.md §8 and docs/protocol/identity-and-events.md §18.
 */
import path from "node:path";
import { z } from "zod";
import { kindOf } from "../../protocol/event/kinds.ts";
import { printJson } from "../../protocol/json/print.ts";
import { isJsonObject, type JsonObject } from "../../protocol/json/value.ts";
import { visible } from "../../protocol/text/visible.ts";
import { Inbox } from "../../store/mail/inbox.ts";
import type { ClientContext } from "../context.ts";
import type { StreamOperation } from "../operation.ts";
import { peerKey } from "../peer_view.ts";
import { decide, type Decision } from "../reactor/decide.ts";
import { OwnMessages } from "../reactor/own_messages.ts";
import { Rate } from "../reactor/rate.ts";
import { shownEvent } from "../redact_tokens.ts";
import { kindTextOf } from "../sync/inbox_event.ts";
import { type InboxItem, InboxWatcher } from "../sync/inbox_watcher.ts";
import { Verifier } from "../sync/verifier.ts";
import { mailTimes } from "../watch/mail_times.ts";
import { isNoise } from "../watch/noise.ts";
import { ReaderPosition } from "../watch/reader_position.ts";

const ReactorInput = z.object({
  /** A line for `sh -c`. */
  onEvent: z.string().min(1, "expected a command"),
  peer: z.string().optional(),
  kind: z.string().optional(),
  includeHandshake: z.boolean().optional(),
  interval: z.int().min(1).default(2),
  once: z.boolean().optional(),
  dryRun: z.boolean().optional(),
  maxPerMinute: z.int().nonnegative().default(6),
  maxChainDepth: z.int().nonnegative().default(1),
  /** Commands at the same time. */
  maxRunning: z.int().min(1).max(64).default(4),
  /** Seconds that one may take. */
  timeout: z.int().min(1).max(86_400).default(300),
  /** Where the output of commands goes. */
  output: z.enum(["stdout", "stderr"]).default("stdout"),
});
type ReactorInput = z.output<typeof ReactorInput>;

const ReactorOutput = z.object({
  event_id: z.string(),
  peer: z.string(),
  kind: z.string(),
  action: z.enum(["ran", "would_run", "skipped", "timed_out", "stopped"]),
  exit_code: z.int().optional(),
  /** Why it was skipped. */
  reason: z.string().optional(),
  /** What the command would be given; only for `would_run`. */
  raw: z.custom<JsonObject>(isJsonObject).optional(),
});
type ReactorOutput = z.output<typeof ReactorOutput>;

/**
 * The place moves on once the commands for what is before it have ended: after a kill, some of those
 * that had begun are run once more, and none is left out.
 * @throws {WireError} locked, naming the one that runs; usage; unreadable; write_failed
 */
export const reactor = {
  input: ReactorInput,
  output: ReactorOutput,
  async *stream(context, input, signal) {
    const { home, platform: { files } } = context;
    const { stateRoot } = home.paths;
    await home.ensureRoots();
    const lock = path.join(stateRoot, "reactor.lock");
    await using _lock = await files.lock(lock, { owner: "wire reactor", deadlineMs: 0 });
    await home.settlePlaces("wire reactor");
    const inbox = new Inbox({ files, stateRoot });
    const only = input.peer === undefined ? undefined : peerKey(input.peer);
    const watcher = new InboxWatcher(files, inbox, only);
    const position = new ReaderPosition(files, stateRoot, "reactor");
    watcher.resume(await position.load());
    const sweep = new Sweep(context, input, signal);
    const times = {
      directory: inbox.directory,
      intervalMs: input.interval * 1_000,
      once: input.once === true,
      signal,
    };
    for await (const _ of mailTimes(context, times)) {
      await sweep.own.refresh();
      for await (const item of watcher.fresh()) {
        yield* sweep.take(item);
        if (!sweep.isFull) continue;
        yield* sweep.runAll();
        if (signal.aborted) return;
        await position.save(watcher.ends());
      }
      yield* sweep.runAll();
      if (signal.aborted) return;
      await position.save(watcher.ends());
    }
  },
} satisfies StreamOperation<typeof ReactorInput, typeof ReactorOutput>;

/** What is to be run, and everything that says so. */
class Sweep {
  readonly own: OwnMessages;
  readonly #context: ClientContext;
  readonly #input: ReactorInput;
  readonly #signal: AbortSignal;
  readonly #verifier: Verifier;
  readonly #rate: Rate;
  readonly #kind: number | undefined;
  #due: InboxItem[] = [];

  constructor(context: ClientContext, input: ReactorInput, signal: AbortSignal) {
    const { platform: { files }, home } = context;
    this.#context = context;
    this.#input = input;
    this.#signal = signal;
    this.#verifier = new Verifier(home);
    this.#rate = new Rate(input.maxPerMinute);
    this.#kind = input.kind === undefined ? undefined : kindOf(input.kind);
    this.own = new OwnMessages(files, home.paths.stateRoot);
  }

  get isFull(): boolean {
    return this.#due.length >= this.#input.maxRunning;
  }

  async *take(item: InboxItem): AsyncGenerator<ReactorOutput> {
    const decision = await this.#decide(item);
    if (decision.tag === "other") return;
    if (decision.tag === "skip") {
      const { peer, event } = item;
      this.#context.warn(`reactor: passed over ${nameOf(item)}: ${decision.reason}`);
      const kind = kindTextOf(event.value);
      yield { event_id: event.id, peer, kind, action: "skipped", reason: decision.reason };
    } else if (this.#input.dryRun === true) {
      const raw = shownEvent(item.event.value);
      yield { ...this.#about(item), action: "would_run", raw };
    } else this.#due.push(item);
  }

  /** All that is due, at once; yields how each ended. */
  async *runAll(): AsyncGenerator<ReactorOutput> {
    const due = this.#due;
    this.#due = [];
    yield* await Promise.all(due.map((item) => this.#run(item)));
  }

  async #decide({ peer, event }: InboxItem): Promise<Decision> {
    if (this.#input.includeHandshake !== true && isNoise(event)) return { tag: "other" };
    const { clock } = this.#context.platform;
    return decide(event, await this.#verifier.isVerified(event), {
      kind: this.#kind,
      maxChainDepth: this.#input.maxChainDepth,
      isOurs: (prefix) => this.own.hasPrefix(prefix),
      mayRun: () => this.#rate.take(peer, clock.monotonic()),
    });
  }

  async #run(item: InboxItem): Promise<ReactorOutput> {
    const { peer, event } = item;
    const about = this.#about(item);
    const end = await this.#context.platform.shell.run(this.#input.onEvent, {
      stdin: printJson(shownEvent(event.value)) + "\n",
      env: { WIRE_EVENT_PEER: peer, WIRE_EVENT_ID: visible(event.id), WIRE_EVENT_KIND: about.kind },
      deadlineMs: this.#input.timeout * 1_000,
      signal: this.#signal,
      output: this.#input.output,
    });
    if (end.tag === "exited") return { ...about, action: "ran", exit_code: end.code };
    if (end.tag === "timed_out") {
      this.#context.warn(`reactor: the command for ${nameOf(item)} took too long and was ended`);
    }
    return { ...about, action: end.tag };
  }

  /** The kind is the sender's text: in an environment it has no control characters, and an end. */
  #about({ peer, event }: InboxItem): Pick<ReactorOutput, "event_id" | "peer" | "kind"> {
    const kind = visible(kindTextOf(event.value), { maxLength: LONGEST_KIND });
    return { event_id: event.id, peer, kind };
  }
}

const LONGEST_KIND = 200;

const nameOf = ({ peer, event }: InboxItem): string =>
  `${visible(event.id, { maxLength: 12 })} from ${peer}`;

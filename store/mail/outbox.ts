/**
 * Messages to send, one file per peer, in the format of 0.5.19. Appended only, never renamed,
 * truncated or rewritten: agents append to it with `>>` and read it with `tail -f`, without a lock
 * (docs/protocol/extensions.md §14 ruling 1). Our own appends exclude each other by a lock file.
 */
import path from "node:path";
import type { FileLock, Files } from "../../platform/files.ts";
import type { WireEvent } from "../../protocol/event/event.ts";
import type { EpochMs, Handle } from "../../protocol/ids.ts";
import { readLines, topLevelString } from "./jsonl.ts";
import { outboxLine } from "./outbox_line.ts";
import { handlesOf, mailFile, type MailPaths, mailPaths, strangeStems } from "./mail_paths.ts";

export interface OutboxDependencies {
  readonly files: Files;
  readonly stateRoot: string;
}

export interface RepeatTest {
  /** Only messages from this time on can be repeated. */
  readonly sinceMs: EpochMs;
  isRepeat(earlier: WireEvent): boolean;
}

export type Enqueued =
  | {
    readonly tag: "queued";
    readonly path: string;
    readonly event: WireEvent;
    /** Where the line starts, unless others appended at the same moment. */
    readonly offset: number;
  }
  | { readonly tag: "already_queued"; readonly path: string; readonly earlier: WireEvent };

/** How long an append waits for another one. */
const LOCK_DEADLINE_MS = 5_000;
const FIRST_LOOK_BYTES = 64 * 1024;
/** How far back a repeat is looked for at most: at 256 KiB an event, more than any window holds. */
const LONGEST_LOOK_BYTES = 16 * 1024 * 1024;

export class Outbox {
  readonly #files: Files;
  readonly #paths: MailPaths;

  constructor({ files, stateRoot }: OutboxDependencies) {
    this.#files = files;
    this.#paths = mailPaths(stateRoot);
  }

  get directory(): string {
    return this.#paths.outbox;
  }

  path(peer: Handle): string {
    return mailFile(this.#paths.outbox, peer);
  }

  /** Peers that have a file, in byte order. */
  async peers(): Promise<Handle[]> {
    return handlesOf(await this.#files.list(this.#paths.outbox));
  }

  /** Files named after something that is no handle, such as `bob@relay.example`: nobody serves them. */
  async strangeFiles(): Promise<string[]> {
    return strangeStems(await this.#files.list(this.#paths.outbox));
  }

  /**
   * Appends a signed event as one line, on the disk when this returns.
   * @param message the event, or what makes it when it is certain that no other is appended before
   * @param repeat when given, an earlier message that passes its test is returned instead
   * @throws {WireError} write_failed, locked
   */
  async enqueue(
    peer: Handle,
    message: WireEvent | (() => Promise<WireEvent>),
    repeat?: RepeatTest,
  ): Promise<Enqueued> {
    const file = this.path(peer);
    await using _lock = await this.lockAppends(peer, "wire send");
    const earlier = repeat === undefined ? undefined : await this.#repeated(file, repeat);
    if (earlier !== undefined) return { tag: "already_queued", path: file, earlier };
    const event = typeof message === "function" ? await message() : message;
    await this.#files.ensureDirectory(this.#paths.outbox);
    const line = `${event.text}\n`;
    const offset = await this.#files.append(file, line, { point: "outbox.enqueue" });
    return { tag: "queued", path: file, event, offset };
  }

  /**
   * Held while messages to that peer are on their way: what is taken back is then either not sent, or
   * known to be.
   * @param owner what whoever waits is shown
   * @throws {WireError} locked
   */
  async lockPosting(peer: Handle, owner: string): Promise<FileLock> {
    await this.#files.ensureDirectory(this.#paths.locks);
    const file = path.join(this.#paths.locks, `posting-${peer}.lock`);
    return await this.#files.lock(file, { owner, deadlineMs: LOCK_DEADLINE_MS });
  }

  /** @param owner what whoever waits is shown */
  async lockAppends(peer: Handle, owner: string): Promise<FileLock> {
    await this.#files.ensureDirectory(this.#paths.locks);
    const file = path.join(this.#paths.locks, `outbox-${peer}.lock`);
    return await this.#files.lock(file, { owner, deadlineMs: LOCK_DEADLINE_MS });
  }

  /** Looks backwards from the end, as far as the window reaches. */
  async #repeated(file: string, { sinceMs, isRepeat }: RepeatTest): Promise<WireEvent | undefined> {
    const size = (await this.#files.stat(file))?.size ?? 0;
    for (let look = FIRST_LOOK_BYTES;; look *= 4) {
      const from = Math.max(0, size - look);
      const recent = await this.#since(file, from, sinceMs);
      const found = recent.events.find(isRepeat);
      if (found !== undefined) return found;
      if (from === 0 || recent.reachedEarlier || look >= LONGEST_LOOK_BYTES) return undefined;
    }
  }

  async #since(
    file: string,
    from: number,
    sinceMs: EpochMs,
  ): Promise<{ events: WireEvent[]; reachedEarlier: boolean }> {
    const events: WireEvent[] = [];
    let oldest: EpochMs | undefined;
    let isCut = from > 0; // the first line began before
    for await (const line of readLines(this.#files, file, from)) {
      const { text } = line;
      const time = isCut || text === undefined ? undefined : timeOf(text);
      isCut = false;
      if (text === undefined || time === undefined) continue;
      oldest ??= time;
      const found = time < sinceMs ? undefined : outboxLine(line);
      if (found?.tag === "signed") events.push(found.event);
    }
    const reachedEarlier = oldest !== undefined && oldest < sinceMs;
    return { events, reachedEarlier };
  }
}

function timeOf(line: string): EpochMs | undefined {
  const timestamp = topLevelString(line, "timestamp");
  if (timestamp === undefined) return undefined;
  try {
    return Temporal.Instant.from(timestamp).epochMilliseconds;
  } catch {
    return undefined; // an agent wrote another form: such a line is never called a repeat
  }
}

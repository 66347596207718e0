/**
 * Received messages, one file per sender, in the format of 0.5.19: compact lines with sorted
 * members, appended only, each event once. See docs/protocol/identity-and-events.md §13.3 and
 * docs/protocol/extensions.md §14 ruling 1. One writer: whoever holds the home's daemon.lock.
 */
import type { Files } from "../../platform/files.ts";
import type { Handle } from "../../protocol/ids.ts";
import type { WireEvent } from "../../protocol/event/event.ts";
import { readLines, topLevelString } from "./jsonl.ts";
import { handlesOf, mailFile, mailPaths } from "./mail_paths.ts";

export interface InboxDependencies {
  readonly files: Files;
  readonly stateRoot: string;
}

export interface Stored {
  readonly written: readonly WireEvent[];
  /** Already in the file, or twice in the batch. */
  readonly duplicates: readonly WireEvent[];
}

const SET_GROUP = 0o2000;

interface Index {
  /** How far the file is known. */
  end: number;
  readonly ids: Set<string>;
}

export class Inbox {
  readonly directory: string;
  readonly #files: Files;
  readonly #indexes = new Map<Handle, Index>();

  constructor({ files, stateRoot }: InboxDependencies) {
    this.#files = files;
    this.directory = mailPaths(stateRoot).inbox;
  }

  path(sender: Handle): string {
    return mailFile(this.directory, sender);
  }

  /** Senders that have a file, in byte order. */
  async senders(): Promise<Handle[]> {
    return handlesOf(await this.#files.list(this.directory));
  }

  /**
   * Appends what is not there yet: one write and one fsync for all of it.
   * The file is read once per process, and from then on only as far as it grew.
   * @throws {WireError} write_failed, and then nothing of the batch counts as stored
   */
  async store(sender: Handle, events: readonly WireEvent[]): Promise<Stored> {
    const index = await this.#refreshed(sender);
    const written: WireEvent[] = [];
    const duplicates: WireEvent[] = [];
    const fresh = new Set<string>();
    for (const event of events) {
      const seen = event.id !== "" && (index.ids.has(event.id) || fresh.has(event.id));
      (seen ? duplicates : written).push(event);
      fresh.add(event.id);
    }
    if (written.length > 0) {
      await this.#files.ensureDirectory(this.directory);
      const text = written.map((event) => `${event.text}\n`).join("");
      const mode = await this.#modeOfNewFiles();
      await this.#files.append(this.path(sender), text, { point: "inbox.append", mode });
    }
    return { written, duplicates };
  }

  /** In a directory that is open to a group (store/home/shared_mail.ts) its files are too. */
  async #modeOfNewFiles(): Promise<number> {
    const mode = (await this.#files.stat(this.directory))?.mode ?? 0;
    return (mode & SET_GROUP) === 0 ? 0o600 : 0o640;
  }

  /** What is on the disk, and only that, counts: also our own lines are read back. */
  async #refreshed(sender: Handle): Promise<Index> {
    let index = this.#indexes.get(sender);
    const size = (await this.#files.stat(this.path(sender)))?.size ?? 0;
    if (index === undefined || size < index.end) {
      index = { end: 0, ids: new Set() };
      this.#indexes.set(sender, index);
    }
    if (size === index.end) return index;
    for await (const line of readLines(this.#files, this.path(sender), index.end)) {
      index.end = line.end;
      const id = line.text === undefined ? undefined : topLevelString(line.text, "event_id");
      if (id !== undefined) index.ids.add(id);
    }
    return index;
  }
}

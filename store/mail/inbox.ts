/**
 * Received messages, one file per sender, in the format of 0.5.19: compact lines with sorted
 * members, appended only, each event once. See docs/protocol/identity-and-events.md §13.3 and
 * docs/protocol/extensions.md §14 ruling 1. One writer: whoever holds the home's daemon.lock.
 */
import type { Databases } from "../../platform/databases.ts";
import type { Files } from "../../platform/files.ts";
import type { Handle } from "../../protocol/ids.ts";
import type { WireEvent } from "../../protocol/event/event.ts";
import { monthsOf } from "./archived_months.ts";
import { InboxIds } from "./inbox_ids.ts";
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

/** The files, for whoever reads them. */
export class Inbox {
  readonly directory: string;
  readonly #files: Files;

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
}

export interface InboxWriterDependencies extends InboxDependencies {
  readonly databases: Databases;
}

const SET_GROUP = 0o2000;

export class InboxWriter extends Inbox {
  readonly #files: Files;
  readonly #stateRoot: string;
  readonly #ids: InboxIds;

  constructor({ files, databases, stateRoot }: InboxWriterDependencies) {
    super({ files, stateRoot });
    this.#files = files;
    this.#stateRoot = stateRoot;
    this.#ids = new InboxIds({ files, databases, stateRoot });
  }

  /**
   * Appends what is not there yet: one write and one fsync for all of it. What is on the disk, and
   * only that, counts: also our own lines are read back.
   * @throws {WireError} write_failed, and then nothing of the batch counts as stored
   */
  async store(sender: Handle, events: readonly WireEvent[]): Promise<Stored> {
    const file = this.path(sender);
    const known = await this.#known(sender, events.map(({ id }) => id));
    const written: WireEvent[] = [];
    const duplicates: WireEvent[] = [];
    const fresh = new Set<string>();
    for (const event of events) {
      const seen = event.id !== "" && (known.has(event.id) || fresh.has(event.id));
      (seen ? duplicates : written).push(event);
      fresh.add(event.id);
    }
    if (written.length > 0) {
      await this.#files.ensureDirectory(this.directory);
      const text = written.map((event) => `${event.text}\n`).join("");
      const mode = await this.#modeOfNewFiles();
      await this.#files.append(file, text, { point: "inbox.append", mode });
    }
    return { written, duplicates };
  }

  /** What was archived was received, too. */
  async #known(sender: Handle, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const known = new Set(await this.#ids.known(this.path(sender), ids));
    const months = await monthsOf({ files: this.#files, stateRoot: this.#stateRoot }, sender);
    for (const { path } of months) {
      const rest = ids.filter((id) => !known.has(id));
      if (rest.length === 0) break;
      for (const id of await this.#ids.known(path, rest)) known.add(id);
    }
    return known;
  }

  /** In a directory that is open to a group (store/home/shared_mail.ts) its files are too. */
  async #modeOfNewFiles(): Promise<number> {
    const mode = (await this.#files.stat(this.directory))?.mode ?? 0;
    return (mode & SET_GROUP) === 0 ? 0o600 : 0o640;
  }
}

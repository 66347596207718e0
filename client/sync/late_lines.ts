/**
 * Lines that came into an outbox file after `wire archive` had replaced it: somebody had it open. They go
 * into the outbox, the partial ones signed, and are blanked where they stood, so that a kill in between
 * neither loses nor doubles one. Under the home's daemon.lock, after the outbox itself was read.
 * See store/mail/outbox_move.ts.
 */
import type { EventId, Handle } from "../../protocol/ids.ts";
import { isEventId } from "../../protocol/ids.ts";
import type { ArchiveFiles } from "../../store/mail/archived_months.ts";
import { readLines } from "../../store/mail/jsonl.ts";
import { outboxLine } from "../../store/mail/outbox_line.ts";
import {
  type ArchivedOutbox,
  archivedOutboxes,
  readTaken,
  writeTaken,
} from "../../store/mail/outbox_archive.ts";
import { blankRun, type SigningDependencies, signPartials, standing } from "./sign_partials.ts";
import { type PartialLine, runsOf, type Stretch } from "./signing_plan.ts";

interface Followed {
  readonly archived: ArchivedOutbox;
  /** Up to here its lines are taken up. */
  taken: number;
  /** Of the file when it was last read to its end. */
  size: number;
}

interface Late extends Stretch {
  /** "" of what is no event. */
  readonly id: string;
}

export class LateLines {
  readonly #peer: Handle;
  readonly #deps: SigningDependencies & ArchiveFiles;
  /** Nobody archives while we hold daemon.lock. */
  #followed: Followed[] | undefined;

  constructor(peer: Handle, deps: SigningDependencies & ArchiveFiles) {
    this.#peer = peer;
    this.#deps = deps;
  }

  /** Whether there is something to take. One stat a file. */
  async hasNews(): Promise<boolean> {
    for (const followed of await this.#files()) {
      if (await this.#sizeOf(followed) !== followed.size) return true;
    }
    return false;
  }

  /**
   * @param isKnown whether an event stands in the outbox, or was delivered
   * @returns whether the outbox has more now
   * @throws {WireError} unreadable, write_failed, locked
   */
  async take(isKnown: (id: EventId) => boolean): Promise<boolean> {
    let hasMore = false;
    for (const followed of await this.#files()) {
      const size = await this.#sizeOf(followed);
      if (size === followed.size) continue;
      if (await this.#takeFrom(followed, isKnown)) hasMore = true;
      followed.size = size;
    }
    return hasMore;
  }

  async #takeFrom(followed: Followed, isKnown: (id: EventId) => boolean): Promise<boolean> {
    const { archived, taken } = followed;
    const partials: PartialLine[] = [];
    const others: Late[] = [];
    let reached = taken;
    for await (const line of readLines(this.#deps.files, archived.path, taken)) {
      reached = line.end;
      const { offset, end, text: raw } = line;
      const found = outboxLine(line);
      // What is no text can be no message.
      if (found.tag === "blank" || raw === undefined) continue;
      if (found.tag === "partial") partials.push({ offset, end, raw, event: found.event });
      else others.push({ offset, end, raw, id: found.tag === "signed" ? found.event.id : "" });
    }
    if (reached === taken) return false;
    await this.#append(archived, others, isKnown);
    const problems = await signPartials(
      this.#peer,
      { lines: partials, archived, isKnown },
      this.#deps,
    );
    // What cannot be signed shows in status where it cannot be sent from: in the outbox.
    const unusable = partials.filter(({ offset }) => problems.some((it) => it.offset === offset));
    await this.#append(archived, unusable.map((line) => ({ ...line, id: "" })), isKnown);
    await writeTaken(this.#deps, archived, followed.taken = reached);
    return partials.length + others.length > 0;
  }

  async #append(
    { path }: ArchivedOutbox,
    lines: readonly Late[],
    isKnown: (id: EventId) => boolean,
  ): Promise<void> {
    if (lines.length === 0) return;
    const { files, outbox } = this.#deps;
    await using _lock = await outbox.lockAppends(this.#peer, "wire daemon, taking up late lines");
    // Some may have been taken back before the lock was ours.
    const there = await standing(path, lines, files);
    const text = there.filter(({ id }) => !isEventId(id) || !isKnown(id))
      .map(({ raw }) => `${raw}\n`).join("");
    if (text !== "") await files.append(outbox.path(this.#peer), text, { point: "sent.late" });
    for (const run of runsOf(there)) await blankRun(path, run, files);
  }

  async #files(): Promise<Followed[]> {
    if (this.#followed !== undefined) return this.#followed;
    const followed: Followed[] = [];
    for (const archived of await archivedOutboxes(this.#deps)) {
      if (archived.peer !== this.#peer) continue;
      const taken = await readTaken(this.#deps, archived);
      if (taken !== undefined) followed.push({ archived, taken, size: taken });
    }
    return this.#followed = followed;
  }

  async #sizeOf({ archived }: Followed): Promise<number> {
    return (await this.#deps.files.stat(archived.path))?.size ?? 0;
  }
}

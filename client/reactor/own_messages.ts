/**
 * Ids of what we sent ourselves, so that no handler answers an answer to it: the latest of each
 * outbox, and `reactor-emitted.log`, where 0.5.19 keeps them, too.
 */
import path from "node:path";
import type { Files } from "../../platform/files.ts";
import { isEventId } from "../../protocol/ids.ts";
import { readLinesBackwards } from "../../store/mail/jsonl_backwards.ts";
import { topLevelString } from "../../store/mail/jsonl.ts";
import { handlesOf, mailFile, mailPaths } from "../../store/mail/mail_paths.ts";

/** As many as 0.5.19 keeps; here the oldest go. */
const MOST_KEPT = 500;

export class OwnMessages {
  readonly #files: Files;
  readonly #outbox: string;
  readonly #log: string;
  /** In the order in which they were noted. */
  readonly #ids = new Set<string>();
  readonly #sizes = new Map<string, number>();

  constructor(files: Files, stateRoot: string) {
    this.#files = files;
    this.#outbox = mailPaths(stateRoot).outbox;
    this.#log = path.join(stateRoot, "reactor-emitted.log");
  }

  /** Takes in what was sent since the last time. @throws {WireError} unreadable, write_failed */
  async refresh(): Promise<void> {
    if (this.#sizes.size === 0) {
      for (const id of (await this.#files.readText(this.#log) ?? "").split("\n")) this.#note(id);
    }
    let hasNews = false;
    for (const peer of handlesOf(await this.#files.list(this.#outbox))) {
      hasNews = await this.#read(mailFile(this.#outbox, peer)) || hasNews;
    }
    if (!hasNews) return;
    const text = [...this.#ids].map((id) => `${id}\n`).join("");
    await this.#files.writeAtomic(this.#log, text, { point: "reactor.emitted" });
  }

  /** Whether one of them begins so. */
  hasPrefix(prefix: string): boolean {
    for (const id of this.#ids) if (id.startsWith(prefix)) return true;
    return false;
  }

  async #read(file: string): Promise<boolean> {
    const size = (await this.#files.stat(file))?.size ?? 0;
    if (size === this.#sizes.get(file)) return false;
    this.#sizes.set(file, size);
    const fresh: string[] = [];
    for await (const line of readLinesBackwards(this.#files, file)) {
      const id = line === undefined ? undefined : topLevelString(line, "event_id");
      if (id === undefined || !isEventId(id)) continue;
      if (this.#ids.has(id) || fresh.length === MOST_KEPT) break;
      fresh.push(id);
    }
    for (const id of fresh.toReversed()) this.#note(id);
    return fresh.length > 0;
  }

  #note(id: string): void {
    if (!isEventId(id)) return;
    this.#ids.add(id);
    for (const oldest of this.#ids) {
      if (this.#ids.size <= MOST_KEPT) return;
      this.#ids.delete(oldest);
    }
  }
}

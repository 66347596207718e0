/**
 * What is known of older messages, sorted by id in files of a few MiB, so that one is found with a
 * few reads however many there are: `state/wire/delivery/<peer>.done-<n>.jsonl`. Each file is
 * replaced as a whole; a message may stand in several, with a step of its own in each.
 */
import path from "node:path";
import type { Files } from "../../platform/files.ts";
import type { EventId, Handle } from "../../protocol/ids.ts";
import { compareCodePoints } from "../../protocol/json/print.ts";
import {
  type JournalEntry,
  merged,
  type MessageHistory,
  parseHistory,
  printHistory,
} from "./journal_entry.ts";
import { readLines } from "./jsonl.ts";
import { mailPaths } from "./mail_paths.ts";

export interface ArchiveDependencies {
  readonly files: Files;
  readonly stateRoot: string;
  /** A file of this size is not added to any more. */
  readonly fullBytes?: number;
}

const FULL_BYTES = 4 * 1024 * 1024;
/** What is read at once while searching: some lines at least. */
const BLOCK_BYTES = 16 * 1024;
/** Messages that one search gives back. */
const MOST_FOUND = 16;
const LINE_FEED = 0x0a;
const ID = /^\{"event_id":"([0-9a-f]{64})"/;

export class DeliveryArchive {
  readonly #files: Files;
  readonly #directory: string;
  readonly #fullBytes: number;

  constructor({ files, stateRoot, fullBytes = FULL_BYTES }: ArchiveDependencies) {
    this.#files = files;
    this.#directory = mailPaths(stateRoot).delivery;
    this.#fullBytes = fullBytes;
  }

  /**
   * On the disk when this returns; what is there already stays. Again is the same.
   * @throws {WireError} unreadable, write_failed
   */
  async add(peer: Handle, histories: readonly MessageHistory[]): Promise<void> {
    const names = await this.#names(peer);
    const last = names.at(-1);
    const size = last === undefined ? 0 : (await this.#files.stat(this.#path(last)))?.size ?? 0;
    const isFull = last === undefined || size >= this.#fullBytes;
    const name = isFull ? fileName(peer, names.length) : last;
    const old = isFull ? [] : historiesIn(await this.#files.readText(this.#path(name)) ?? "");
    const byId = Map.groupBy([...old, ...histories], ({ event_id }) => event_id);
    const lines = [...byId].sort(([a], [b]) => compareCodePoints(a, b)).map(([event_id, parts]) =>
      printHistory({ event_id, steps: merged(parts.flatMap(({ steps }) => steps)) })
    );
    await this.#files.ensureDirectory(this.#directory);
    await this.#files.writeAtomic(this.#path(name), lines.join(""), { point: "delivery.archive" });
  }

  /** What is known of messages whose id begins so, by id; of at most 16. */
  async find(peer: Handle, prefix: string): Promise<Map<EventId, readonly JournalEntry[]>> {
    const found = new Map<EventId, readonly JournalEntry[]>();
    for (const name of await this.#names(peer)) {
      for (const { event_id, steps } of await this.#search(this.#path(name), prefix)) {
        found.set(event_id, merged([...found.get(event_id) ?? [], ...steps]));
      }
    }
    return found;
  }

  /** Of every message in it. */
  async ids(peer: Handle): Promise<string[]> {
    const ids: string[] = [];
    for (const name of await this.#names(peer)) {
      for await (const { text } of readLines(this.#files, this.#path(name), 0)) {
        const id = text?.match(ID)?.[1];
        if (id !== undefined) ids.push(id);
      }
    }
    return ids;
  }

  async #names(peer: Handle): Promise<string[]> {
    const names = await this.#files.list(this.#directory);
    const own = `${peer}.done-`;
    return names.filter((name) =>
      name.startsWith(own) && /^\d{6}\.jsonl$/.test(name.slice(own.length))
    );
  }

  #path(name: string): string {
    return path.join(this.#directory, name);
  }

  /** Halves the file until what is left is one block, then reads on from there. */
  async #search(file: string, prefix: string): Promise<MessageHistory[]> {
    let low = 0;
    let high = (await this.#files.stat(file))?.size ?? 0;
    while (high - low > BLOCK_BYTES) {
      const middle = low + Math.floor((high - low) / 2);
      const line = await this.#firstLineAfter(file, middle, high);
      if (line === undefined) high = middle;
      else if (compareCodePoints(line.id, prefix) < 0) low = line.start;
      else high = middle;
    }
    return await this.#from(file, low, prefix);
  }

  /** The first whole line that starts after `offset` and before `end`. */
  async #firstLineAfter(
    file: string,
    offset: number,
    end: number,
  ): Promise<{ readonly start: number; readonly id: string } | undefined> {
    for (let from = offset; from < end; from += BLOCK_BYTES) {
      const block = await this.#files.readAt(file, from, BLOCK_BYTES);
      const feed = block.indexOf(LINE_FEED);
      if (feed === -1) continue;
      const start = from + feed + 1;
      if (start >= end) return undefined;
      const head = new TextDecoder().decode(await this.#files.readAt(file, start, 80));
      const id = head.match(ID)?.[1];
      return id === undefined ? undefined : { start, id };
    }
    return undefined;
  }

  async #from(file: string, offset: number, prefix: string): Promise<MessageHistory[]> {
    const found: MessageHistory[] = [];
    let rest = "";
    const decoder = new TextDecoder();
    for (let at = offset;; at += BLOCK_BYTES) {
      const block = await this.#files.readAt(file, at, BLOCK_BYTES);
      const lines = (rest + decoder.decode(block, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const history = parseHistory(line);
        if (history === undefined) continue;
        if (history.event_id.startsWith(prefix)) found.push(history);
        else if (compareCodePoints(history.event_id, prefix) > 0) return found;
        if (found.length >= MOST_FOUND) return found;
      }
      if (block.length < BLOCK_BYTES) return found;
    }
  }
}

const fileName = (peer: Handle, number: number): string =>
  `${peer}.done-${String(number).padStart(6, "0")}.jsonl`;

function historiesIn(text: string): MessageHistory[] {
  return text.split("\n").flatMap((line) => parseHistory(line) ?? []);
}

/**
 * What was shown to an agent or a person, for the peers that are told: one event id a line, in
 * `state/wire/delivery/<peer>.reads`. Whoever shows appends; whoever sends receipts reads. 65 bytes an
 * event, written only where config.toml says so (docs/protocol/extensions.md §5).
 */
import path from "node:path";
import type { Files } from "../../platform/files.ts";
import type { Receipted } from "../../protocol/delivery/receipts.ts";
import { type EventId, type Handle, isEventId, isHandle } from "../../protocol/ids.ts";
import { readLines } from "./jsonl.ts";
import { mailPaths } from "./mail_paths.ts";

export interface ReadMarksDependencies {
  readonly files: Files;
  readonly stateRoot: string;
}

const SUFFIX = ".reads";
/** So far back an event is known to be told already: some 4,000. */
const LOOK_BYTES = 256 * 1024;
const LOCK_DEADLINE_MS = 5_000;

export class ReadMarks {
  readonly #files: Files;
  readonly #directory: string;
  readonly #locks: string;

  constructor({ files, stateRoot }: ReadMarksDependencies) {
    this.#files = files;
    ({ delivery: this.#directory, locks: this.#locks } = mailPaths(stateRoot));
  }

  /** Appends those that are not among the last. @throws {WireError} locked, write_failed */
  async mark(peer: Handle, ids: readonly EventId[]): Promise<void> {
    if (ids.length === 0) return;
    await this.#files.ensureDirectory(this.#locks);
    await using _lock = await this.#files.lock(path.join(this.#locks, `reads-${peer}.lock`), {
      owner: "wire, marking what was read",
      deadlineMs: LOCK_DEADLINE_MS,
    });
    const known = new Set<string>();
    const from = Math.max(0, await this.size(peer) - LOOK_BYTES);
    for await (const { text } of readLines(this.#files, this.#path(peer), from)) {
      known.add(text ?? "");
    }
    const fresh = [...new Set(ids)].filter((id) => !known.has(id));
    if (fresh.length === 0) return;
    await this.#files.ensureDirectory(this.#directory);
    const text = fresh.map((id) => `${id}\n`).join("");
    await this.#files.append(this.#path(peer), text, { point: "delivery.reads" });
  }

  /** Those that have a file. */
  async peers(): Promise<Handle[]> {
    const names = await this.#files.list(this.#directory);
    return names.filter((name) => name.endsWith(SUFFIX))
      .map((name) => name.slice(0, -SUFFIX.length)).filter(isHandle);
  }

  async size(peer: Handle): Promise<number> {
    return (await this.#files.stat(this.#path(peer)))?.size ?? 0;
  }

  /** What was marked after that place, and where it ends. */
  async since(
    peer: Handle,
    { offset, most }: { readonly offset: number; readonly most: number },
  ): Promise<{ readonly messages: readonly Receipted[]; readonly offset: number }> {
    const messages: Receipted[] = [];
    let end = Math.min(offset, await this.size(peer));
    if (most <= 0) return { messages, offset: end };
    for await (const line of readLines(this.#files, this.#path(peer), end)) {
      end = line.end;
      if (isEventId(line.text)) messages.push({ step: "read", eventId: line.text });
      if (messages.length >= most) break;
    }
    return { messages, offset: end };
  }

  #path(peer: Handle): string {
    return path.join(this.#directory, `${peer}${SUFFIX}`);
  }
}

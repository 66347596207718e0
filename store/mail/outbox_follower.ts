/**
 * Reads an outbox file that others append to: each line once, from where the last reading ended.
 * A file that was rewritten by somebody (shorter, or other bytes before that place) is read again
 * from its start; the delivery journal then says what need not be posted.
 * See docs/protocol/extensions.md §14 ruling 1.
 */
import path from "node:path";
import type { Files } from "../../platform/files.ts";
import { hex, sha256 } from "../../protocol/identity/keys.ts";
import type { Handle } from "../../protocol/ids.ts";
import { type Line, readLines } from "./jsonl.ts";
import { mailFile, mailPaths } from "./mail_paths.ts";
import {
  MOST_PENDING,
  type Place,
  positionPath,
  printPosition,
  readPosition,
  WINDOW_BYTES,
} from "./outbox_position.ts";

export interface FollowerDependencies {
  readonly files: Files;
  readonly stateRoot: string;
}

export class OutboxFollower {
  readonly path: string;
  readonly #files: Files;
  readonly #positionPath: string;
  #offset = 0;
  #windowHash = "";
  /** Of the file when it was last read to its end. */
  #seen: { readonly size: number; readonly modifiedMs: number } | undefined;
  #savedOffset = 0;

  constructor(peer: Handle, { files, stateRoot }: FollowerDependencies) {
    this.#files = files;
    this.path = mailFile(mailPaths(stateRoot).outbox, peer);
    this.#positionPath = positionPath(stateRoot, peer);
  }

  /** Where the next line starts that was not read. */
  get offset(): number {
    return this.#offset;
  }

  /**
   * Takes the saved position, if the file still has the same bytes before it.
   * @returns lines before it that are still to be delivered; undefined when there is no such
   * position, and everything is read
   */
  async resume(): Promise<readonly Place[] | undefined> {
    const saved = await readPosition(this.#files, this.#positionPath);
    if (saved === undefined || await this.#hashBefore(saved.offset) !== saved.sha256) {
      return undefined;
    }
    this.#offset = this.#savedOffset = saved.offset;
    this.#windowHash = saved.sha256;
    return saved.pending;
  }

  /** Whether the file changed since it was last read to its end. One stat. */
  async hasChanged(): Promise<boolean> {
    const stat = await this.#files.stat(this.path);
    return stat !== undefined &&
      (stat.size !== this.#seen?.size || stat.modifiedMs !== this.#seen.modifiedMs);
  }

  /**
   * @returns "rewritten" when what was read before stands no longer; the next lines are then all
   * lines of the file
   */
  async check(): Promise<"grown" | "rewritten"> {
    if (this.#offset === 0 || await this.#hashBefore(this.#offset) === this.#windowHash) {
      return "grown";
    }
    this.#offset = this.#savedOffset = 0;
    this.#windowHash = "";
    return "rewritten";
  }

  /** Complete lines that were not read before, up to the end of the file as it is now. */
  async *lines(): AsyncGenerator<Line, void, undefined> {
    const stat = await this.#files.stat(this.path);
    for await (const line of readLines(this.#files, this.path, this.#offset)) {
      yield line;
      this.#offset = line.end;
    }
    this.#seen = stat;
    await this.remember();
  }

  /** Takes what stands before the position now as known: after we blanked a line there. */
  async remember(): Promise<void> {
    this.#windowHash = await this.#hashBefore(this.#offset);
  }

  /**
   * Everything read so far is settled but for these lines: a restart begins here.
   * @param pending in the order of the file
   * @param leastBytes how far it must have come since it was saved last, to be worth an fsync
   */
  async save(pending: readonly Place[], leastBytes: number): Promise<void> {
    // What cannot be listed is read again.
    const offset = pending[MOST_PENDING]?.offset ?? this.#offset;
    if (offset - this.#savedOffset < leastBytes) return;
    const sha256 = offset === this.#offset ? this.#windowHash : await this.#hashBefore(offset);
    const position = { offset, sha256, pending: pending.slice(0, MOST_PENDING) };
    await this.#files.ensureDirectory(path.dirname(this.#positionPath));
    await this.#files.writeAtomic(this.#positionPath, printPosition(position), {
      point: "outbox.position",
    });
    this.#savedOffset = offset;
  }

  async #hashBefore(offset: number): Promise<string> {
    const from = Math.max(0, offset - WINDOW_BYTES);
    return hex(sha256(await this.#files.readAt(this.path, from, offset - from)));
  }
}

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

export interface FollowerDependencies {
  readonly files: Files;
  readonly stateRoot: string;
}

/** A place in the file, with the hash of what stands right before it. */
interface Position {
  readonly offset: number;
  readonly sha256: string;
}

/** Bytes before the position that must still be the same. */
const WINDOW_BYTES = 4_096;

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
    const { outbox, delivery } = mailPaths(stateRoot);
    this.#files = files;
    this.path = mailFile(outbox, peer);
    this.#positionPath = path.join(delivery, `${peer}.position.json`);
  }

  /** Bytes read since the position was last saved. */
  get unsavedBytes(): number {
    return this.#offset - this.#savedOffset;
  }

  /**
   * Takes the saved position, if the file still has the same bytes before it.
   * @returns where reading starts: 0 when there is no such position
   */
  async resume(): Promise<number> {
    const saved = parsePosition(await this.#files.readText(this.#positionPath));
    if (saved === undefined || await this.#hashBefore(saved.offset) !== saved.sha256) return 0;
    this.#offset = this.#savedOffset = saved.offset;
    this.#windowHash = saved.sha256;
    return saved.offset;
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

  /** Everything read so far is settled: a restart begins here. */
  async save(): Promise<void> {
    const position: Position = { offset: this.#offset, sha256: this.#windowHash };
    await this.#files.ensureDirectory(path.dirname(this.#positionPath));
    await this.#files.writeAtomic(this.#positionPath, JSON.stringify(position), {
      point: "outbox.position",
    });
    this.#savedOffset = this.#offset;
  }

  async #hashBefore(offset: number): Promise<string> {
    const from = Math.max(0, offset - WINDOW_BYTES);
    return hex(sha256(await this.#files.readAt(this.path, from, offset - from)));
  }
}

function parsePosition(text: string | undefined): Position | undefined {
  if (text === undefined) return undefined;
  const found = text.match(/^\{"offset":(\d{1,15}),"sha256":"([0-9a-f]{64})"\}$/);
  return found === null ? undefined : { offset: Number(found[1]), sha256: found[2] ?? "" };
}

/**
 * What was shown to an agent or a person, for the peers that are told: one event id a line, in
 * `state/wire/delivery/<peer>.reads`. Whoever shows appends; whoever sends receipts reads. 65 bytes an
 * event, written only where config.toml says so (docs/protocol/extensions.md §5). The oldest give way: the
 * first line, `from <n>`, then says how many bytes of them went, so that no place in the list moves.
 */
import path from "node:path";
import type { Files } from "../../platform/files.ts";
import type { Receipted } from "../../protocol/delivery/receipts.ts";
import { WireError } from "../../protocol/errors.ts";
import { type EventId, type Handle, isEventId, isHandle } from "../../protocol/ids.ts";
import { mailPaths } from "./mail_paths.ts";

export interface ReadMarksDependencies {
  readonly files: Files;
  readonly stateRoot: string;
}

const SUFFIX = ".reads";
export const READ_MARKS = {
  /** A list that is longer is cut. */
  longestBytes: 512 * 1024,
  /** What then stays: so far back an event is known to be told already, some 4,000. */
  keptBytes: 256 * 1024,
};
const LOCK_DEADLINE_MS = 5_000;
const HEAD = /^from (\d{1,15})\n/;
const HEAD_BYTES = 32;

export class ReadMarks {
  readonly #files: Files;
  readonly #directory: string;
  readonly #locks: string;

  constructor({ files, stateRoot }: ReadMarksDependencies) {
    this.#files = files;
    ({ delivery: this.#directory, locks: this.#locks } = mailPaths(stateRoot));
  }

  /** Appends those that are not in the list. @throws {WireError} locked, write_failed */
  async mark(peer: Handle, ids: readonly EventId[]): Promise<void> {
    if (ids.length === 0) return;
    await this.#files.ensureDirectory(this.#locks);
    await using _lock = await this.#files.lock(path.join(this.#locks, `reads-${peer}.lock`), {
      owner: "wire, marking what was read",
      deadlineMs: LOCK_DEADLINE_MS,
    });
    const known = new Set((await this.#list(peer)).text.split("\n"));
    const fresh = [...new Set(ids)].filter((id) => !known.has(id));
    if (fresh.length === 0) return;
    await this.#files.ensureDirectory(this.#directory);
    const text = fresh.map((id) => `${id}\n`).join("");
    await this.#files.append(this.#path(peer), text, { point: "delivery.reads" });
    await this.#cut(peer);
  }

  /** Those that have a file. */
  async peers(): Promise<Handle[]> {
    const names = await this.#files.list(this.#directory);
    return names.filter((name) => name.endsWith(SUFFIX))
      .map((name) => name.slice(0, -SUFFIX.length)).filter(isHandle);
  }

  /** Of all that was ever marked, in bytes. */
  async size(peer: Handle): Promise<number> {
    const file = this.#path(peer);
    const size = (await this.#files.stat(file))?.size ?? 0;
    const { from, length } = headOf(await this.#files.readAt(file, 0, HEAD_BYTES));
    return from + Math.max(0, size - length);
  }

  /** What was marked after that place, and where it ends. */
  async since(
    peer: Handle,
    { offset, most }: { readonly offset: number; readonly most: number },
  ): Promise<{ readonly messages: readonly Receipted[]; readonly offset: number }> {
    const messages: Receipted[] = [];
    const { from, text } = await this.#list(peer);
    let end = Math.min(Math.max(offset, from), from + text.length);
    if (most <= 0) return { messages, offset: end };
    for (const line of text.slice(end - from).split("\n").slice(0, -1)) {
      end += line.length + 1;
      if (isEventId(line)) messages.push({ step: "read", eventId: line });
      if (messages.length >= most) break;
    }
    return { messages, offset: end };
  }

  /** It is whole as it is: when there is no room, it is cut the next time. */
  async #cut(peer: Handle): Promise<void> {
    const { from, text } = await this.#list(peer);
    if (text.length <= READ_MARKS.longestBytes) return;
    const gone = text.indexOf("\n", text.length - READ_MARKS.keptBytes - 1) + 1;
    const rest = `from ${from + gone}\n${text.slice(gone)}`;
    try {
      await this.#files.writeAtomic(this.#path(peer), rest, { point: "delivery.reads_cut" });
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
    }
  }

  /** One open file, so that it is the same one to its end also while it is replaced. */
  async #list(peer: Handle): Promise<{ readonly from: number; readonly text: string }> {
    const bytes = await this.#files.readBytes(this.#path(peer)) ?? new Uint8Array(0);
    const { from, length } = headOf(bytes.subarray(0, HEAD_BYTES));
    // A place is one in bytes, whatever somebody else wrote there.
    return { from, text: latin1.decode(bytes.subarray(length)) };
  }

  #path(peer: Handle): string {
    return path.join(this.#directory, `${peer}${SUFFIX}`);
  }
}

const latin1 = new TextDecoder("latin1");

function headOf(bytes: Uint8Array): { readonly from: number; readonly length: number } {
  const [head = "", from = "0"] = latin1.decode(bytes).match(HEAD) ?? [];
  return { from: Number(from), length: head.length };
}

/**
 * How far a reader of the inbox is, in the form of 0.5.19: `notify.cursor`, `reactor.cursor`. Each
 * reader has its own (docs/protocol/extensions.md §14 ruling 17).
 */
import path from "node:path";
import { z } from "zod";
import type { Files } from "../../platform/files.ts";
import { type Handle, isHandle } from "../../protocol/ids.ts";

export type Reader = "notify" | "reactor";

const Ends = z.record(z.string(), z.int().nonnegative());

export class ReaderPosition {
  readonly #files: Files;
  readonly #path: string;

  constructor(files: Files, stateRoot: string, reader: Reader) {
    this.#files = files;
    this.#path = path.join(stateRoot, `${reader}.cursor`);
  }

  /** Missing or damaged: the start of every file, as in 0.5.19. */
  async load(): Promise<Map<Handle, number>> {
    const text = await this.#files.readText(this.#path);
    const ends = new Map<Handle, number>();
    for (const [peer, end] of Object.entries(parsed(text))) if (isHandle(peer)) ends.set(peer, end);
    return ends;
  }

  /** Never makes a home again that is gone. @throws {WireError} write_failed */
  async save(ends: ReadonlyMap<Handle, number>): Promise<void> {
    const text = printEnds(ends);
    await this.#files.writeAtomic(this.#path, text, { point: "reader.position" });
  }
}

/** As it stands in the file. */
export const printEnds = (ends: ReadonlyMap<Handle, number>): string =>
  JSON.stringify(Object.fromEntries([...ends].sort()));

function parsed(text: string | undefined): z.infer<typeof Ends> {
  if (text === undefined) return {};
  try {
    const result = Ends.safeParse(JSON.parse(text));
    return result.success ? result.data : {};
  } catch {
    return {}; // what it says is shown again rather than passed over
  }
}

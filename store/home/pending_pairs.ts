/**
 * Detached SAS pairings, one file each, in the format of 0.5.19, so that either program can go on
 * with them. They hold bearer tokens and SPAKE2 seeds. See docs/protocol/cli.md §3.3.
 */
import path from "node:path";
import { unreadable } from "../../platform/file_errors.ts";
import type { FileLock } from "../../platform/files.ts";
import { WireError } from "../../protocol/errors.ts";
import { compareCodePoints } from "../../protocol/json/print.ts";
import { plain } from "../../protocol/json/value.ts";
import { PendingPair } from "../../protocol/pairing/pending_pair.ts";
import { schemaProblem } from "../../protocol/schemas/problem.ts";
import type { Home } from "./home.ts";
import { objectIn } from "./json_file.ts";

const SUFFIX = ".json";

export class PendingPairs {
  readonly #home: Home;

  constructor(home: Home) {
    this.#home = home;
  }

  /** The record's file: every character of the code outside `[A-Za-z0-9-]` becomes `_`. */
  path(code: string): string {
    return path.join(this.#home.file.pendingPairs, fileStem(code) + SUFFIX);
  }

  /**
   * All records, oldest first. A broken file does not hide the others.
   * @param onProblem told about each file that cannot be read
   */
  async list(onProblem: (problem: WireError) => void = () => {}): Promise<PendingPair[]> {
    const { files } = this.#home.platform;
    const pairs: PendingPair[] = [];
    for (const name of await files.list(this.#home.file.pendingPairs)) {
      if (!name.endsWith(SUFFIX) || name.startsWith(".")) continue;
      try {
        const pair = await this.#readFile(path.join(this.#home.file.pendingPairs, name));
        if (pair !== undefined) pairs.push(pair);
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        onProblem(error);
      }
    }
    return pairs.sort((a, b) => compareCodePoints(a.created_at, b.created_at));
  }

  /** @throws {WireError} unreadable */
  read(code: string): Promise<PendingPair | undefined> {
    return this.#readFile(this.path(code));
  }

  /** @throws {WireError} conflict, when there is a record of that code; locked, write_failed */
  async create(pair: PendingPair): Promise<void> {
    await using _lock = await this.#lock(pair.code, "create a pairing");
    await this.#home.platform.files.createNew(this.path(pair.code), printed(pair), {
      point: "pairing.create",
    });
  }

  /**
   * Rewrites one record from what is on the disk now.
   * @param change returns undefined to leave it as it is
   * @returns what is on the disk now, or undefined if there is no record
   * @throws {WireError} locked, unreadable, write_failed
   */
  async update(
    code: string,
    change: (current: PendingPair) => PendingPair | undefined,
  ): Promise<PendingPair | undefined> {
    await using _lock = await this.#lock(code, "update a pairing");
    const current = await this.read(code);
    if (current === undefined) return undefined;
    const changed = change(current);
    if (changed === undefined) return current;
    await this.#home.platform.files.writeAtomic(this.path(code), printed(changed), {
      point: "pairing.update",
    });
    return changed;
  }

  /** @returns false when there was no record */
  async remove(code: string): Promise<boolean> {
    await using _lock = await this.#lock(code, "remove a pairing");
    return await this.#home.platform.files.remove(this.path(code), { point: "pairing.remove" });
  }

  async #readFile(file: string): Promise<PendingPair | undefined> {
    const text = await this.#home.platform.files.readText(file);
    if (text === undefined) return undefined;
    const result = PendingPair.safeParse(plain(objectIn(text, file)));
    if (result.success) {
      // Whoever works on that code would find another file, or none.
      if (this.path(result.data.code) === file) return result.data;
      throw unreadable(file, "it holds the record of another code");
    }
    throw unreadable(file, schemaProblem(result.error));
  }

  async #lock(code: string, owner: string): Promise<FileLock> {
    const { platform: { files }, file } = this.#home;
    await this.#home.ensureRoots();
    for (const directory of [file.pendingPairs, file.pairingLocks]) {
      await files.ensureDirectory(directory);
    }
    return await this.#home.lock(
      path.join(file.pairingLocks, `${fileStem(code)}.lock`),
      owner,
    );
  }
}

const fileStem = (code: string): string => code.replace(/[^A-Za-z0-9-]/g, "_");

/** The schema's own order of members is the file's. */
const printed = (pair: PendingPair): string => JSON.stringify(PendingPair.parse(pair), null, 2);

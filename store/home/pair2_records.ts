/**
 * Pairings of the form pair/2, one file each under a random name: `pair2/<16 hex>.json`, mode 0600.
 * They hold words, secrets and tokens, and lie outside `pending-pair/`, which 0.5.19 reads.
 * See docs/protocol/extensions.md §10 and §14 ruling 10.
 */
import path from "node:path";
import type { FileLock } from "../../platform/files.ts";
import { WireError } from "../../protocol/errors.ts";
import type { EpochMs } from "../../protocol/ids.ts";
import { parsePair2, printPair2 } from "../../protocol/pair2/record.ts";
import type { Pair2State } from "../../protocol/pair2/state.ts";
import type { Home } from "./home.ts";

const SUFFIX = ".json";
const ID_BYTES = 8;

export interface Pair2Record {
  /** 16 hex digits: the name of the file. */
  readonly id: string;
  readonly state: Pair2State;
}

export class Pair2Records {
  readonly #home: Home;

  constructor(home: Home) {
    this.#home = home;
  }

  /**
   * All records, oldest first. A broken file does not hide the others.
   * @param onProblem told about each file that cannot be read
   */
  async list(onProblem: (problem: WireError) => void = () => {}): Promise<Pair2Record[]> {
    const { platform: { files }, file } = this.#home;
    const records: Pair2Record[] = [];
    for (const name of await files.list(file.pair2)) {
      const id = name.slice(0, -SUFFIX.length);
      if (!name.endsWith(SUFFIX) || !isId(id)) continue;
      try {
        const state = await this.read(id);
        if (state !== undefined) records.push({ id, state });
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        onProblem(error);
      }
    }
    return records.sort((a, b) => createdAt(a.state) - createdAt(b.state));
  }

  /** @throws {WireError} unreadable, naming the file */
  async read(id: string): Promise<Pair2State | undefined> {
    const file = this.#path(id);
    const text = await this.#home.platform.files.readText(file);
    if (text === undefined) return undefined;
    try {
      return parsePair2(text);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      const { message, cause } = error;
      throw new WireError("unreadable", `${message} (${file})`, { cause });
    }
  }

  /** When it was last written; undefined if there is no such record. */
  async changedAt(id: string): Promise<EpochMs | undefined> {
    return (await this.#home.platform.files.stat(this.#path(id)))?.modifiedMs;
  }

  /** @returns the new record's id @throws {WireError} locked, write_failed */
  async create(state: Pair2State): Promise<string> {
    const { files, random } = this.#home.platform;
    const id = random.bytes(ID_BYTES).toHex();
    await using _lock = await this.#lock(id, "create a pairing");
    await files.createNew(this.#path(id), printPair2(state), { point: "pair2.create" });
    return id;
  }

  /**
   * Rewrites one record from what is on the disk now.
   * @param change returns the same state to leave it as it is
   * @returns what is on the disk now, or undefined if there is no record
   * @throws {WireError} locked, unreadable, write_failed
   */
  async update(
    id: string,
    change: (current: Pair2State) => Pair2State | Promise<Pair2State>,
  ): Promise<Pair2State | undefined> {
    await using _lock = await this.#lock(id, "update a pairing");
    const current = await this.read(id);
    if (current === undefined) return undefined;
    const changed = await change(current);
    if (changed === current) return current;
    const { files } = this.#home.platform;
    await files.writeAtomic(this.#path(id), printPair2(changed), { point: "pair2.update" });
    return changed;
  }

  /** @returns false when there was no record */
  async remove(id: string): Promise<boolean> {
    await using _lock = await this.#lock(id, "remove a pairing");
    return await this.#home.platform.files.remove(this.#path(id), { point: "pair2.remove" });
  }

  #path = (id: string): string => path.join(this.#home.file.pair2, id + SUFFIX);

  async #lock(id: string, owner: string): Promise<FileLock> {
    const { platform: { files }, file } = this.#home;
    await this.#home.ensureRoots();
    for (const directory of [file.pair2, file.pairingLocks]) await files.ensureDirectory(directory);
    return await this.#home.lock(path.join(file.pairingLocks, `pair2-${id}.lock`), owner);
  }
}

const isId = (text: string): boolean => /^[0-9a-f]{16}$/.test(text);

const createdAt = (state: Pair2State): EpochMs =>
  "about" in state ? state.about.createdAt : state.remains.createdAt;

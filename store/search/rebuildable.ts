/**
 * A database that can be made again from other files at any time: one that is damaged, or of another
 * version of this program, is removed and begun anew, without asking.
 */
import path from "node:path";
import type { Database, Databases } from "../../platform/databases.ts";
import type { Files } from "../../platform/files.ts";
import { WireError } from "../../protocol/errors.ts";

export interface RebuildableOptions {
  readonly path: string;
  /** Counts up with every change of `schema`. */
  readonly version: number;
  readonly schema: string;
}

export class Rebuildable {
  readonly #databases: Databases;
  readonly #files: Files;
  readonly #options: RebuildableOptions;

  constructor(databases: Databases, files: Files, options: RebuildableOptions) {
    this.#databases = databases;
    this.#files = files;
    this.#options = options;
  }

  /**
   * @param work is given a database with the schema, full or empty; done once more, from an empty
   * one, when the database turns out to be damaged
   */
  async use<T>(work: (database: Database) => Promise<T>): Promise<T> {
    try {
      using database = await this.open();
      return await work(database);
    } catch (error) {
      if (!isDamage(error, this.#options.path)) throw error;
    }
    await this.#databases.remove(this.#options.path);
    using database = await this.open();
    return await work(database);
  }

  /** For whoever keeps it open, and calls `discard` when it is damaged. */
  async open(): Promise<Database> {
    const { path: file } = this.#options;
    await this.#files.ensureDirectory(path.dirname(file));
    const found = await this.#opened();
    if (found !== undefined) return found;
    await this.#databases.remove(file);
    const fresh = await this.#opened();
    if (fresh !== undefined) return fresh;
    throw new WireError("unreadable", `Cannot read ${JSON.stringify(file)}: it was just made`);
  }

  /** The next `open` begins with an empty one. */
  async discard(): Promise<void> {
    await this.#databases.remove(this.#options.path);
  }

  /** @returns undefined when what is there cannot be used */
  async #opened(): Promise<Database | undefined> {
    let database: Database | undefined;
    try {
      database = await this.#databases.open(this.#options.path);
      if (this.#hasSchema(database)) return database;
      database[Symbol.dispose]();
      return undefined;
    } catch (error) {
      database?.[Symbol.dispose]();
      if (isDamage(error, this.#options.path)) return undefined;
      throw error;
    }
  }

  /** Makes it in an empty database; two processes may both find it empty. */
  #hasSchema(database: Database): boolean {
    const { version, schema } = this.#options;
    if (versionOf(database) === version) return true;
    return database.transaction(() => {
      const now = versionOf(database);
      if (now !== 0) return now === version;
      database.script(`${schema}; PRAGMA user_version = ${version};`);
      return true;
    });
  }
}

/** Whether that error says that the database itself is damaged. */
export const isDamage = (error: unknown, file: string): boolean =>
  error instanceof WireError && error.code === "unreadable" &&
  error.message.includes(JSON.stringify(file));

const versionOf = (database: Database): number =>
  Number(database.all("PRAGMA user_version")[0]?.["user_version"] ?? 0);

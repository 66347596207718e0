/** Databases in memory, one a path: what one process wrote the next one finds. */
import { DatabaseSync } from "node:sqlite";
import type { Database, Databases } from "../databases.ts";
import { WireError } from "../../protocol/errors.ts";
import { SqliteDatabase } from "../real/sqlite_database.ts";

export class FakeDatabases implements Databases {
  readonly #files = new Map<string, DatabaseSync>();
  /** Opening one of these fails as a damaged file does, until it is removed. */
  readonly damaged = new Set<string>();
  /** Paths that were removed, oldest first. */
  readonly removed: string[] = [];

  open(path: string): Promise<Database> {
    if (this.damaged.has(path)) {
      const text = `Cannot read ${JSON.stringify(path)}: file is not a database`;
      return Promise.reject(new WireError("unreadable", text));
    }
    let file = this.#files.get(path);
    if (file === undefined) this.#files.set(path, file = new DatabaseSync(":memory:"));
    return Promise.resolve(new SqliteDatabase(file, path, () => undefined));
  }

  remove(path: string): Promise<void> {
    this.#files.get(path)?.close();
    this.#files.delete(path);
    this.damaged.delete(path);
    this.removed.push(path);
    return Promise.resolve();
  }
}

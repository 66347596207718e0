/** SQLite files on the disk. */
import { BUSY_TIMEOUT_MS, type Database, databaseError, type Databases } from "../databases.ts";
import { writeFailed } from "../file_errors.ts";
import { fileProblem } from "./file_problem.ts";
import { SqliteDatabase } from "./sqlite_database.ts";

/** A crash may cost the latest transactions, never the file: the rest is read again. */
const PRAGMAS = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;";
const BESIDE = ["", "-wal", "-shm", "-journal"] as const;

export class RealDatabases implements Databases {
  async open(path: string): Promise<Database> {
    const { DatabaseSync } = await import("node:sqlite");
    await makeClosed(path);
    try {
      const file = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
      try {
        file.exec(PRAGMAS);
      } catch (error) {
        file.close();
        throw error;
      }
      return new SqliteDatabase(file, path, () => file.close());
    } catch (error) {
      throw databaseError(path, error);
    }
  }

  async remove(path: string): Promise<void> {
    for (const suffix of BESIDE) {
      try {
        await Deno.remove(path + suffix);
      } catch (cause) {
        if (cause instanceof Deno.errors.NotFound) continue;
        throw writeFailed(path + suffix, fileProblem(cause), cause);
      }
    }
  }
}

/** SQLite gives what it makes beside the file the file's own mode. */
async function makeClosed(path: string): Promise<void> {
  try {
    using _file = await Deno.open(path, { write: true, create: true, mode: 0o600 });
  } catch (cause) {
    throw writeFailed(path, fileProblem(cause), cause);
  }
}

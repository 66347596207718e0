/** An SQLite file that nobody has open: what an operator does with it as a whole. */
import { DatabaseSync } from "node:sqlite";
import { WireError } from "../protocol/errors.ts";

/**
 * Gives what is free in the file back to the disk. Needs as much free disk as the file takes; a
 * crash leaves the file as it was.
 * @throws {WireError} write_failed
 */
export function shrink(path: string): void {
  try {
    using database = opened(path, { readOnly: false });
    database.file.exec("VACUUM");
    database.file.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } catch (cause) {
    throw new WireError("write_failed", `Cannot shrink ${path}: ${String(cause)}`, { cause });
  }
}

/** @returns what is wrong with the file's own structure, a line each; none if it is sound */
export function structuralDamage(path: string): readonly string[] {
  try {
    using database = opened(path, { readOnly: true });
    const rows = database.file.prepare("PRAGMA integrity_check(20)").all();
    const lines = rows.map((row) => String(Object.values(row)[0]));
    return lines.length === 1 && lines[0] === "ok" ? [] : lines;
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function opened(
  path: string,
  options: { readonly readOnly: boolean },
): Disposable & { readonly file: DatabaseSync } {
  const file = new DatabaseSync(path, options);
  return { file, [Symbol.dispose]: () => file.close() };
}

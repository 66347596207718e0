/** A database of node:sqlite, which is loaded only where one is opened. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import {
  type Database,
  databaseError,
  ForeignValue,
  type SqlRow,
  type SqlValue,
} from "../databases.ts";

export class SqliteDatabase implements Database {
  readonly #file: DatabaseSync;
  readonly #path: string;
  readonly #statements = new Map<string, StatementSync>();
  readonly #close: () => void;

  /** @param close what disposing does */
  constructor(file: DatabaseSync, path: string, close: () => void) {
    this.#file = file;
    this.#path = path;
    this.#close = close;
  }

  script(sql: string): void {
    this.#attempt(() => this.#file.exec(sql));
  }

  run(sql: string, ...values: readonly SqlValue[]): number {
    return this.#attempt(() => Number(this.#statement(sql).run(...values).changes));
  }

  all(sql: string, ...values: readonly SqlValue[]): readonly SqlRow[] {
    return this.#attempt(() => this.#statement(sql).all(...values).map(rowOf));
  }

  transaction<T>(work: () => T): T {
    this.script("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.script("COMMIT");
      return result;
    } catch (error) {
      if (this.#file.isTransaction) this.#file.exec("ROLLBACK");
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#statements.clear();
    this.#close();
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#file.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #attempt<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw databaseError(this.#path, error);
    }
  }
}

function rowOf(row: Readonly<Record<string, unknown>>): SqlRow {
  const values = Object.entries(row).map(([name, value]) => {
    const known = typeof value === "string" || typeof value === "number" || value === null;
    if (!known) throw new ForeignValue(`column ${name} is neither text nor a number`);
    return [name, value];
  });
  return Object.fromEntries(values);
}

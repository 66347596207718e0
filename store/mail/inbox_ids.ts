/**
 * Which events an inbox file holds, without reading it as a whole: `state/wire/inbox-ids.sqlite`
 * remembers the place of every id. It is only a copy: a hit counts when the line stands there, and
 * damage of any kind means that the file is read again. One user, whoever holds the home's
 * daemon.lock.
 */
import path from "node:path";
import type { Database, Databases } from "../../platform/databases.ts";
import type { Files } from "../../platform/files.ts";
import { hex, sha256 } from "../../protocol/identity/keys.ts";
import { isDamage, Rebuildable } from "../search/rebuildable.ts";
import { readLines, topLevelString } from "./jsonl.ts";

export interface InboxIdsDependencies {
  readonly files: Files;
  readonly databases: Databases;
  readonly stateRoot: string;
}

export const inboxIdsPath = (stateRoot: string): string => path.join(stateRoot, "inbox-ids.sqlite");

const SCHEMA = `
  CREATE TABLE file (name TEXT PRIMARY KEY, "end" INTEGER NOT NULL, window TEXT NOT NULL) STRICT;
  CREATE TABLE id (
    file TEXT NOT NULL, event_id TEXT NOT NULL, "offset" INTEGER NOT NULL, length INTEGER NOT NULL,
    PRIMARY KEY (file, event_id)
  ) STRICT, WITHOUT ROWID`;

const BATCH_LINES = 2_000;
const WINDOW_BYTES = 4_096;

interface Row {
  readonly id: string;
  readonly offset: number;
  readonly length: number;
}

export class InboxIds {
  readonly #files: Files;
  readonly #path: string;
  readonly #rebuildable: Rebuildable;
  #database: Database | undefined;

  constructor({ files, databases, stateRoot }: InboxIdsDependencies) {
    this.#files = files;
    this.#path = inboxIdsPath(stateRoot);
    const options = { path: this.#path, version: 1, schema: SCHEMA };
    this.#rebuildable = new Rebuildable(databases, files, options);
  }

  /**
   * Which of these ids stand in the file, as it is now.
   * @throws {WireError} unreadable (the inbox), locked, write_failed
   */
  async known(file: string, ids: readonly string[]): Promise<ReadonlySet<string>> {
    try {
      return await this.#known(file, ids);
    } catch (error) {
      if (!isDamage(error, this.#path)) throw error;
    }
    await this.#discard();
    return await this.#known(file, ids);
  }

  async #known(file: string, ids: readonly string[]): Promise<ReadonlySet<string>> {
    // Only of this process: a second look finds the same, unless somebody rewrites the inbox.
    for (let isSecondLook = false;; isSecondLook = true) {
      const database = this.#database ??= await this.#rebuildable.open();
      await this.#catchUp(database, file);
      const found = await this.#found(database, file, ids);
      if (found.isTrue || isSecondLook) return found.ids;
      forget(database, file);
    }
  }

  async #found(
    database: Database,
    file: string,
    ids: readonly string[],
  ): Promise<{ readonly isTrue: boolean; readonly ids: ReadonlySet<string> }> {
    const known = new Set<string>();
    let isTrue = true;
    for (const id of ids) {
      const [row] = database.all(
        'SELECT "offset", length FROM id WHERE file = ? AND event_id = ?',
        ...[file, id],
      );
      if (row === undefined) continue;
      const line = await this.#files.readAt(file, Number(row["offset"]), Number(row["length"]));
      if (topLevelString(new TextDecoder().decode(line), "event_id") === id) known.add(id);
      else isTrue = false;
    }
    return { isTrue, ids: known };
  }

  async #catchUp(database: Database, file: string): Promise<void> {
    const size = (await this.#files.stat(file))?.size ?? 0;
    let end = await this.#endOf(database, file, size);
    if (end === size) return;
    let rows: Row[] = [];
    let lines = 0;
    const write = async () => {
      put(database, { file, end, window: await this.#windowBefore(file, end), rows });
      rows = [];
      lines = 0;
    };
    for await (const line of readLines(this.#files, file, end)) {
      const { offset } = line;
      const id = line.text === undefined ? undefined : topLevelString(line.text, "event_id");
      end = line.end;
      if (id !== undefined && id !== "") rows.push({ id, offset, length: end - offset - 1 });
      if (++lines === BATCH_LINES) await write();
    }
    if (lines > 0) await write();
  }

  async #endOf(database: Database, file: string, size: number): Promise<number> {
    const [row] = database.all('SELECT "end", window FROM file WHERE name = ?', file);
    if (row === undefined) return 0;
    const end = Number(row["end"]);
    if (end <= size && await this.#windowBefore(file, end) === row["window"]) return end;
    forget(database, file);
    return 0;
  }

  async #windowBefore(file: string, end: number): Promise<string> {
    const from = Math.max(0, end - WINDOW_BYTES);
    return hex(sha256(await this.#files.readAt(file, from, end - from)));
  }

  async #discard(): Promise<void> {
    this.#database?.[Symbol.dispose]();
    this.#database = undefined;
    await this.#rebuildable.discard();
  }
}

function put(
  database: Database,
  { file, end, window, rows }: {
    readonly file: string;
    readonly end: number;
    readonly window: string;
    readonly rows: readonly Row[];
  },
): void {
  database.transaction(() => {
    for (const { id, offset, length } of rows) {
      database.run(
        'INSERT OR IGNORE INTO id (file, event_id, "offset", length) VALUES (?, ?, ?, ?)',
        ...[file, id, offset, length],
      );
    }
    const values = [file, end, window];
    database.run('INSERT OR REPLACE INTO file (name, "end", window) VALUES (?, ?, ?)', ...values);
  });
}

function forget(database: Database, file: string): void {
  database.transaction(() => {
    database.run("DELETE FROM id WHERE file = ?", file);
    database.run("DELETE FROM file WHERE name = ?", file);
  });
}

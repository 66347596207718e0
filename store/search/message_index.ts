/**
 * A full-text index of all mail, in `state/wire/search/`: it follows the files by their length, can be
 * thrown away at any time, and never holds the only copy of anything.
 */
import path from "node:path";
import type { Database } from "../../platform/databases.ts";
import type { Files } from "../../platform/files.ts";
import type { EpochMs } from "../../protocol/ids.ts";
import { hex, sha256 } from "../../protocol/identity/keys.ts";
import { readLines } from "../mail/jsonl.ts";
import { type IndexedLine, messageIn } from "./indexed_line.ts";
import type { RebuildableOptions } from "./rebuildable.ts";
import type { Source } from "./sources.ts";

/** Where an index of that home lies, and what is in it. */
export const messageIndexAt = (stateRoot: string): RebuildableOptions => ({
  path: path.join(stateRoot, "search", "messages.sqlite"),
  version: 1,
  schema: `
    CREATE TABLE source (name TEXT PRIMARY KEY, "end" INTEGER NOT NULL, witness TEXT NOT NULL) STRICT;
    CREATE TABLE message (
      id INTEGER PRIMARY KEY, source TEXT NOT NULL, "offset" INTEGER NOT NULL,
      length INTEGER NOT NULL, event_id TEXT NOT NULL, type TEXT NOT NULL, kind INTEGER NOT NULL,
      at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX message_source ON message (source);
    CREATE INDEX message_at ON message (at, id);
    CREATE VIRTUAL TABLE body USING fts5 (text, tokenize = 'unicode61 remove_diacritics 2')`,
});

export interface IndexingOptions {
  readonly files: Files;
  readonly nowMs: EpochMs;
  /** Bytes read so far, of all that is to be read. */
  onProgress?(done: number, total: number): void;
  readonly signal?: AbortSignal;
}

/** Rows of one transaction: a crash costs no more than that. */
const BATCH_LINES = 1_000;

interface Place {
  readonly end: number;
  /** `<offset> <length> <sha256>` of the last message before: it must still stand there. */
  readonly witness: string;
}

/** Takes in what the files have now; what is gone from them is gone from the index. */
export async function catchUp(
  database: Database,
  sources: readonly Source[],
  options: IndexingOptions,
): Promise<void> {
  forgetOthers(database, sources);
  const due: (readonly [Source, Place])[] = [];
  let total = 0;
  for (const source of sources) {
    const size = (await options.files.stat(source.path))?.size ?? 0;
    const place = await placeIn(database, source, size, options.files);
    due.push([source, place]);
    total += size - place.end;
  }
  let done = 0;
  for (const [source, place] of due) {
    const before = done;
    await readOn(database, source, place, {
      ...options,
      onRead: (bytes) => options.onProgress?.(done = before + bytes, total),
    });
  }
}

/** What stands there is not what was read: begin anew. */
export function forget(database: Database, sourceName: string): void {
  database.transaction(() => {
    database.run(
      "DELETE FROM body WHERE rowid IN (SELECT id FROM message WHERE source = ?)",
      sourceName,
    );
    database.run("DELETE FROM message WHERE source = ?", sourceName);
    database.run("DELETE FROM source WHERE name = ?", sourceName);
  });
}

function forgetOthers(database: Database, sources: readonly Source[]): void {
  const there = new Set(sources.map(({ name }) => name));
  for (const { name } of database.all("SELECT name FROM source")) {
    if (typeof name === "string" && !there.has(name)) forget(database, name);
  }
}

async function placeIn(
  database: Database,
  { name, path: file }: Source,
  size: number,
  files: Files,
): Promise<Place> {
  const [row] = database.all('SELECT "end", witness FROM source WHERE name = ?', name);
  if (row === undefined) return { end: 0, witness: "" };
  const [end, witness] = [Number(row["end"]), String(row["witness"])];
  const [offset, length] = witness.split(" ").map(Number);
  const stands = offset === undefined || length === undefined
    ? witness
    : await witnessOf(files, file, { offset, length });
  if (end <= size && stands === witness) return { end, witness };
  forget(database, name);
  return { end: 0, witness: "" };
}

async function readOn(
  database: Database,
  source: Source,
  { end: start, witness: firstWitness }: Place,
  options: IndexingOptions & { onRead(bytes: number): void },
): Promise<void> {
  const { files, nowMs, signal } = options;
  let batch: Placed[] = [];
  let known = start;
  let end = start;
  let lines = 0;
  let witness = firstWitness;
  const write = async (): Promise<boolean> => {
    const last = batch.at(-1);
    if (last !== undefined) witness = await witnessOf(files, source.path, last);
    const isOurs = put(database, source, { known, end, witness, batch });
    known = end;
    batch = [];
    lines = 0;
    options.onRead(end - start);
    return isOurs;
  };
  for await (const line of readLines(files, source.path, start)) {
    signal?.throwIfAborted();
    const message = messageIn(line.text, nowMs);
    const { offset } = line;
    const length = line.end - offset - 1;
    if (message !== undefined) batch.push({ ...message, offset, length });
    end = line.end;
    if (++lines === BATCH_LINES && !await write()) return;
  }
  if (end > known) await write();
}

type Placed = IndexedLine & { readonly offset: number; readonly length: number };

interface Put extends Place {
  /** Where the index must stand for this to be added. */
  readonly known: number;
  readonly batch: readonly Placed[];
}

/** @returns false when another process was faster: it reads on */
function put(database: Database, source: Source, { known, end, witness, batch }: Put): boolean {
  return database.transaction(() => {
    const [row] = database.all('SELECT "end" FROM source WHERE name = ?', source.name);
    if (Number(row?.["end"] ?? 0) !== known) return false;
    for (const { offset, length, eventId, type, kind, atMs, text } of batch) {
      database.run("INSERT INTO body (text) VALUES (?)", text);
      database.run(
        'INSERT INTO message (id, source, "offset", length, event_id, type, kind, at) ' +
          "VALUES (last_insert_rowid(), ?, ?, ?, ?, ?, ?, ?)",
        ...[source.name, offset, length, eventId, type, kind, atMs],
      );
    }
    database.run(
      'INSERT OR REPLACE INTO source (name, "end", witness) VALUES (?, ?, ?)',
      ...[source.name, end, witness],
    );
    return true;
  });
}

async function witnessOf(
  files: Files,
  file: string,
  { offset, length }: { readonly offset: number; readonly length: number },
): Promise<string> {
  const bytes = await files.readAt(file, offset, length);
  return `${offset} ${length} ${hex(sha256(bytes))}`;
}

/** Asks the full-text index. The answers name places in files: who shows them reads those. */
import type { Database, SqlValue } from "../../platform/databases.ts";
import type { EpochMs } from "../../protocol/ids.ts";

export interface Wanted {
  /** As `matchExpression` makes it. */
  readonly expression: string;
  /** Names of the sources that may be searched. */
  readonly sources: readonly string[];
  readonly sinceMs?: EpochMs | undefined;
  /** A number, or the text of an event's `type`. */
  readonly kind?: number | string | undefined;
  readonly limit: number;
}

export interface FoundMessage {
  readonly source: string;
  readonly offset: number;
  readonly length: number;
  readonly eventId: string;
  /** Where the words stand, shortened. */
  readonly snippet: string;
}

/** Words of the snippet. */
const SNIPPET_TOKENS = 16;

/** Newest first. */
export function findMessages(database: Database, wanted: Wanted): FoundMessage[] {
  const marks = wanted.sources.map(() => "?").join(", ");
  // Not by the index of sources, which nearly all rows have in common.
  const conditions = [`+source IN (${marks})`];
  const values: SqlValue[] = [wanted.expression, ...wanted.sources];
  if (wanted.sinceMs !== undefined) {
    conditions.push("at >= ?");
    values.push(wanted.sinceMs);
  }
  if (wanted.kind !== undefined) {
    conditions.push(typeof wanted.kind === "number" ? "kind = ?" : "type = ?");
    values.push(wanted.kind);
  }
  const rows = database.all(
    // Asked once: as a condition it would be asked again for every row.
    "WITH hit AS MATERIALIZED (SELECT rowid AS id FROM body WHERE body MATCH ?) " +
      'SELECT id, source, "offset", length, event_id FROM hit JOIN message USING (id) ' +
      `WHERE ${conditions.join(" AND ")} ORDER BY at DESC, id DESC LIMIT ?`,
    ...[...values, wanted.limit],
  );
  return rows.map((row) => ({
    source: String(row["source"]),
    offset: Number(row["offset"]),
    length: Number(row["length"]),
    eventId: String(row["event_id"]),
    snippet: snippetOf(database, wanted.expression, Number(row["id"])),
  }));
}

/**
 * Only of what is shown: of all that match, it would be most of the work. Numbers are bound as reals,
 * and FTS5 passes over a row id that is one.
 */
function snippetOf(database: Database, expression: string, id: number): string {
  const [row] = database.all(
    `SELECT snippet(body, 0, '', '', '…', ${SNIPPET_TOKENS}) AS snippet ` +
      "FROM body WHERE body MATCH ? AND rowid = CAST(? AS INTEGER)",
    ...[expression, id],
  );
  return String(row?.["snippet"] ?? "");
}

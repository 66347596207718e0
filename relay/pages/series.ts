/** The relay's past, cut into pieces of equal length for a plot. */
import type { HistoryRow } from "../../store/stats/history.ts";

export type Column = Exclude<keyof HistoryRow, "ts">;

export interface Piece {
  /** Unix seconds. */
  readonly from: number;
  /** Undefined: the relay was not there. */
  readonly value: number | undefined;
}

export interface Span {
  readonly fromUnix: number;
  readonly stepSeconds: number;
  readonly pieces: number;
}

/** How much a counter grew in each piece; one that was set back has not grown. */
export function growth(rows: readonly HistoryRow[], column: Column, span: Span): Piece[] {
  let before: number | undefined;
  return inPieces(rows, span).map(({ from, inside }) => {
    const last = inside.at(-1)?.[column];
    if (last === undefined) {
      before = undefined; // what came while nobody counted came at no known time
      return { from, value: undefined };
    }
    const start = before ?? inside[0]?.[column] ?? last;
    before = last;
    return { from, value: Math.max(0, last - start) };
  });
}

/** The highest that it was in each piece. */
export const height = (rows: readonly HistoryRow[], column: Column, span: Span): Piece[] =>
  inPieces(rows, span).map(({ from, inside }) => ({
    from,
    value: inside.length === 0 ? undefined : Math.max(...inside.map((row) => row[column])),
  }));

function inPieces(
  rows: readonly HistoryRow[],
  { fromUnix, stepSeconds, pieces }: Span,
): { readonly from: number; readonly inside: HistoryRow[] }[] {
  const all = Array.from({ length: pieces }, (_, i): { from: number; inside: HistoryRow[] } => ({
    from: fromUnix + i * stepSeconds,
    inside: [],
  }));
  for (const row of rows) all[Math.floor((row.ts - fromUnix) / stepSeconds)]?.inside.push(row);
  return all;
}

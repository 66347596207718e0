/** Columns for people: aligned, and no wider than the terminal. */
import { displayWidth, padEnd, truncate } from "./width.ts";

const GAP = "  ";
/** No column is cut below this many cells. */
const NARROWEST = 6;

/**
 * @param header titles, as many as each row has cells
 * @param width cells that a line may take; undefined cuts nothing
 */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  width: number | undefined,
): readonly string[] {
  const lines = [header, ...rows];
  const natural = header.map((_, column) =>
    Math.max(...lines.map((line) => displayWidth(line[column] ?? "")))
  );
  const widths = width === undefined ? natural : fit(natural, width);
  return lines.map((line) =>
    line.map((cell, column) => padEnd(truncate(cell, widths[column] ?? 0), widths[column] ?? 0))
      .join(GAP).trimEnd()
  );
}

/** Takes cells from the widest column until the line fits. */
function fit(natural: readonly number[], width: number): number[] {
  const widths = [...natural];
  const total = (): number => widths.reduce((sum, w) => sum + w, GAP.length * (widths.length - 1));
  while (total() > width) {
    const widest = Math.max(...widths);
    if (widest <= NARROWEST) break;
    widths[widths.indexOf(widest)] = widest - 1;
  }
  return widths;
}

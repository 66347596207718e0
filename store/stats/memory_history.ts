/** The relay's past in memory, held to the same contract. For tests and trials. */
import { HISTORY_SECONDS, type HistoryRow, minuteOf, type StatsHistory } from "./history.ts";

export class MemoryHistory implements StatsHistory {
  readonly #rows = new Map<number, HistoryRow>();

  add(row: HistoryRow): Promise<void> {
    const ts = minuteOf(row.ts);
    this.#rows.set(ts, { ...row, ts });
    for (const old of this.#rows.keys()) {
      if (old < ts - HISTORY_SECONDS) this.#rows.delete(old);
    }
    return Promise.resolve();
  }

  since(unix: number): Promise<readonly HistoryRow[]> {
    return Promise.resolve(
      [...this.#rows.values()].filter(({ ts }) => ts >= unix).sort((a, b) => a.ts - b.ts),
    );
  }
}

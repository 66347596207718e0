/**
 * The relay's past in Deno KV, on the handle that the slots use.
 *
 *     ["stats", minute, relay]            a row; the store forgets it by itself
 */
import { WireError } from "../../protocol/errors.ts";
import { HISTORY_SECONDS, HistoryRow, minuteOf, type StatsHistory, together } from "./history.ts";

export interface KvHistoryOptions {
  /** Open; closed by the store of the slots. */
  readonly kv: Deno.Kv;
  /** Tells this relay from others on the same store. */
  readonly relay: string;
}

const key = (minute: number, relay: string): Deno.KvKey => ["stats", minute, relay];

export class KvHistory implements StatsHistory {
  constructor(readonly options: KvHistoryOptions) {}

  /** @throws {WireError} write_failed */
  async add(row: HistoryRow): Promise<void> {
    const { kv, relay } = this.options;
    const ts = minuteOf(row.ts);
    try {
      await kv.set(key(ts, relay), { ...row, ts }, { expireIn: HISTORY_SECONDS * 1_000 });
    } catch (cause) {
      throw new WireError("write_failed", "Cannot write the relay's statistics", { cause });
    }
  }

  /** @throws {WireError} unreadable */
  async since(unix: number): Promise<readonly HistoryRow[]> {
    const rows: HistoryRow[] = [];
    const range = { start: ["stats", unix], end: ["stats", Number.MAX_SAFE_INTEGER] };
    for await (const { value } of this.options.kv.list(range, { batchSize: 500 })) {
      const row = HistoryRow.safeParse(value);
      if (!row.success) {
        throw new WireError("unreadable", "Cannot read the relay's statistics: a row is not one");
      }
      const last = rows.at(-1);
      if (last?.ts === row.data.ts) rows[rows.length - 1] = together(last, row.data);
      else rows.push(row.data);
    }
    return rows;
  }
}

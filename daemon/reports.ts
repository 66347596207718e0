/** Reports on their way to whoever reads them; a reader that stands still holds up no mail. */
import type { CycleReport } from "./cycle_report.ts";

/** The oldest go first: what happened stands in files. */
const MOST_WAITING = 1_000;

export class Reports {
  #waiting: CycleReport[] = [];
  #end: { readonly error?: unknown } | undefined;
  #news = Promise.withResolvers<void>();

  put(report: CycleReport): void {
    if (this.#waiting.length >= MOST_WAITING) this.#waiting.shift();
    this.#waiting.push(report);
    this.#news.resolve();
  }

  /** After what waits, nothing comes any more, or the error. */
  end(end: { readonly error?: unknown }): void {
    this.#end ??= end;
    this.#news.resolve();
  }

  async *all(): AsyncGenerator<CycleReport, void, undefined> {
    for (;;) {
      const report = this.#waiting.shift();
      if (report !== undefined) yield report;
      else if (this.#end === undefined) {
        await this.#news.promise;
        this.#news = Promise.withResolvers();
      } else if ("error" in this.#end) throw this.#end.error;
      else return;
    }
  }
}

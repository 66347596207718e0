/**
 * Counters, gauges and histograms in the text format of Prometheus (version 0.0.4). A library of
 * the field's own would add 64 ms to the start of a relay for these few lines.
 */

export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  /** @param by at least 0, one unless given */
  add(labels?: Labels, by?: number): void;
}

export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

/** Read when somebody asks; one that throws is left out of that answer. */
export type ReadGauge = () => number | Promise<number>;

interface Family {
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  lines(name: string): string[] | Promise<string[]>;
}

/** A name as scrapers take it. */
const NAME = /^[a-z][a-z0-9_]*$/;
/** Label sets of one metric; what comes beyond is counted under `other`: nobody fills our memory. */
const MAX_SERIES = 1_000;

export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export class MetricRegistry {
  readonly #families = new Map<string, Family>();

  counter(name: string, help: string): Counter {
    const series = new SeriesMap(() => ({ value: 0 }));
    this.#add(name, {
      type: "counter",
      help,
      lines: (full) => series.isEmpty ? [`${full} 0`] : series.map(full, ({ value }) => value),
    });
    return {
      add(labels = NONE, by = 1) {
        series.of(labels).value += by;
      },
    };
  }

  gauge(name: string, help: string, read: ReadGauge): void {
    this.#readable("gauge", name, { help, read });
  }

  /** A counter that somebody else keeps. */
  readCounter(name: string, help: string, read: ReadGauge): void {
    this.#readable("counter", name, { help, read });
  }

  #readable(
    type: "gauge" | "counter",
    name: string,
    { help, read }: { readonly help: string; readonly read: ReadGauge },
  ): void {
    this.#add(name, {
      type,
      help,
      async lines(full) {
        try {
          return [`${full} ${shown(await read())}`];
        } catch {
          return []; // what cannot be read now is missing, and the others are still told
        }
      },
    });
  }

  /** @param buckets upper bounds, ascending, without infinity */
  histogram(name: string, help: string, buckets: readonly number[]): Histogram {
    const series = new SeriesMap(() => ({ counts: buckets.map(() => 0), count: 0, sum: 0 }));
    this.#add(name, {
      type: "histogram",
      help,
      lines: (full) =>
        series.flatMap((labels, { counts, count, sum }) => [
          ...buckets.map((bound, i) =>
            `${full}_bucket${braced([...labels, ["le", String(bound)]])} ${counts[i] ?? 0}`
          ),
          `${full}_bucket${braced([...labels, ["le", "+Inf"]])} ${count}`,
          `${full}_sum${braced(labels)} ${shown(sum)}`,
          `${full}_count${braced(labels)} ${count}`,
        ]),
    });
    return {
      observe(value, labels = NONE) {
        const one = series.of(labels);
        one.count++;
        one.sum += value;
        for (let i = buckets.length - 1; i >= 0 && value <= (buckets[i] ?? 0); i--) {
          one.counts[i] = (one.counts[i] ?? 0) + 1;
        }
      },
    };
  }

  /** What a scraper gets. */
  async text(): Promise<string> {
    const parts = await Promise.all([...this.#families].map(async ([name, family]) =>
      [
        `# HELP ${name} ${escaped(family.help)}`,
        `# TYPE ${name} ${family.type}`,
        ...await family.lines(name),
      ].join("\n")
    ));
    return `${parts.join("\n")}\n`;
  }

  #add(name: string, family: Family): void {
    if (!NAME.test(name) || this.#families.has(name)) {
      throw new TypeError(`Cannot register the metric ${name}: it is taken or no name`);
    }
    this.#families.set(name, family);
  }
}

const NONE: Labels = {};

/** One value per set of labels. */
class SeriesMap<T> {
  readonly #series = new Map<string, { readonly labels: Labels; readonly value: T }>();

  constructor(readonly make: () => T) {}

  get isEmpty(): boolean {
    return this.#series.size === 0;
  }

  of(labels: Labels): T {
    let key = "";
    for (const name in labels) key += `${name}\u0000${labels[name]}\u0000`;
    const known = this.#series.get(key);
    if (known !== undefined) return known.value;
    const others = othersOf(labels);
    if (this.#series.size >= MAX_SERIES && !isSame(labels, others)) return this.of(others);
    const value = this.make();
    this.#series.set(key, { labels, value });
    return value;
  }

  map(name: string, read: (value: T) => number): string[] {
    return [...this.#series.values()].map(({ labels, value }) =>
      `${name}${braced(Object.entries(labels))} ${shown(read(value))}`
    );
  }

  flatMap(lines: (labels: [string, string][], value: T) => string[]): string[] {
    return [...this.#series.values()].flatMap(({ labels, value }) =>
      lines(Object.entries(labels), value)
    );
  }
}

/** There is always room for this one. */
const othersOf = (labels: Labels): Labels =>
  Object.fromEntries(Object.keys(labels).map((name) => [name, "other"]));

const isSame = (a: Labels, b: Labels): boolean =>
  Object.keys(a).every((name) => a[name] === b[name]);

const braced = (labels: readonly (readonly [string, string])[]): string =>
  labels.length === 0
    ? ""
    : `{${labels.map(([name, value]) => `${name}="${quotable(value)}"`).join(",")}}`;

const escaped = (help: string): string => help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
const quotable = (value: string): string => escaped(value).replaceAll('"', '\\"');
const shown = (value: number): string =>
  Number.isFinite(value)
    ? String(value)
    : Number.isNaN(value)
    ? "NaN"
    : value > 0
    ? "+Inf"
    : "-Inf";

/**
 * `deno task bench [NAME…] [--check] [--plots]`: measures and prints figures with their conditions.
 * With `--check` each figure that has a budget is PASS or MISS. Machines differ and are noisy, so
 * only a MISS of a ratio within this run makes the exit code 1. With `--plots` the curves are drawn
 * into docs/plots.
 */
import path from "node:path";
import type { Bench, Curve, Figure } from "./figure.ts";
import { plot } from "./plot.ts";

const BENCHES: readonly { readonly name: string; load(): Promise<Bench> }[] = [
  { name: "startup", load: async () => (await import("./startup_bench.ts")).startupBench },
  { name: "verify", load: async () => (await import("./verify_bench.ts")).verifyBench },
  { name: "latency", load: async () => (await import("./latency_bench.ts")).latencyBench },
  { name: "mcp", load: async () => (await import("./mcp_bench.ts")).mcpBench },
  { name: "relay", load: async () => (await import("./relay_bench.ts")).relayBench },
  { name: "publish", load: async () => (await import("./publish_bench.ts")).publishBench },
  {
    name: "subscribers",
    load: async () => (await import("./subscribers_bench.ts")).subscribersBench,
  },
];

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
}

function kept(figure: Figure): boolean | undefined {
  const { min = -Infinity, max = Infinity } = figure.budget ?? figure.ratioBudget ?? {};
  if (min === -Infinity && max === Infinity) return undefined;
  return figure.value >= min && figure.value <= max;
}

function budgetText(figure: Figure): string {
  const { min, max } = figure.budget ?? figure.ratioBudget ?? {};
  if (min !== undefined) return `≥ ${round(min)}`;
  return max === undefined ? "" : `≤ ${round(max)}`;
}

/** Three significant digits, thousands kept whole. */
const round = (value: number): string =>
  Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en") : String(+value.toPrecision(3));

function surroundings(): string {
  const memory = (Deno.systemMemoryInfo().total / 2 ** 30).toFixed(0);
  const [load = 0] = Deno.loadavg();
  return `${navigator.hardwareConcurrency} cores, ${memory} GiB, ${Deno.build.target}, ` +
    `Deno ${Deno.version.deno}, load ${load.toFixed(2)} at the start`;
}

const PLOTS = new URL("../docs/plots/", import.meta.url).pathname;

function draw(curve: Curve): void {
  Deno.mkdirSync(PLOTS, { recursive: true });
  Deno.writeTextFileSync(path.join(PLOTS, `${curve.file}.svg`), plot(curve));
  say(`  drawn: docs/plots/${curve.file}.svg`);
}

async function main(args: readonly string[]): Promise<number> {
  const check = args.includes("--check");
  const show = args.includes("--plots") ? draw : () => {};
  const wanted = args.filter((arg) => !arg.startsWith("-"));
  const unknown = wanted.find((name) => BENCHES.every((bench) => bench.name !== name));
  if (unknown !== undefined) {
    say(`no benchmark ${unknown}: there are ${BENCHES.map(({ name }) => name).join(", ")}`);
    return 2;
  }
  say(surroundings());
  let missed = 0;
  for (const { name, load } of BENCHES) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const bench = await load();
    say(`\n${bench.name}`);
    for (const figure of await bench.run(show)) {
      const good = kept(figure);
      if (good === false && figure.ratioBudget !== undefined) missed++;
      const verdict = !check || good === undefined ? "" : good ? "PASS" : "MISS";
      const value = `${round(figure.value)} ${figure.unit}`;
      say(`  ${figure.name.padEnd(44)}${value.padStart(16)}  ${budgetText(figure)} ${verdict}`);
      say(`    ${figure.conditions}`);
    }
  }
  if (check) say(missed === 0 ? "\nall ratios kept" : `\n${missed} ratio(s) missed`);
  return check && missed > 0 ? 1 : 0;
}

Deno.exit(await main(Deno.args));

/** The relay's statistics among its metrics: what `/stats.json` says, in the words of Prometheus. */
import type { MetricRegistry } from "./metric_registry.ts";
import type { RelayStats, StatsKeeper } from "./stats.ts";

type Name = Exclude<keyof RelayStats, "version">;

const COUNTERS: Readonly<Partial<Record<Name, string>>> = {
  events_posted_total: "Events stored, ever",
  handle_claims_total: "Claims of names, ever",
  handle_first_claims_total: "Names claimed for the first time, ever",
  pair_opens_total: "Pair slots opened, ever",
  slot_allocations_total: "Mailboxes allocated, ever",
};

const GAUGES: Readonly<Partial<Record<Name, string>>> = {
  handles_active: "Names in the directory",
  pair_slots_open: "Pairing codes in use",
  slots_active: "Mailboxes there are",
  streams_active: "Event streams and WebSockets open",
  uptime_seconds: "Since this process began to serve",
};

export function registerStats(registry: MetricRegistry, stats: StatsKeeper): void {
  const read = (name: Name) => async (): Promise<number> => (await stats.now())[name];
  for (const [name, help] of entriesOf(COUNTERS)) {
    registry.readCounter(`wire_${name}`, help, read(name));
  }
  for (const [name, help] of entriesOf(GAUGES)) registry.gauge(`wire_${name}`, help, read(name));
}

const NAMES: readonly Name[] = [
  "events_posted_total",
  "handle_claims_total",
  "handle_first_claims_total",
  "handles_active",
  "pair_opens_total",
  "pair_slots_open",
  "slot_allocations_total",
  "slots_active",
  "streams_active",
  "uptime_seconds",
];

const entriesOf = (table: Readonly<Partial<Record<Name, string>>>): (readonly [Name, string])[] =>
  NAMES.flatMap((name) => {
    const help = table[name];
    return help === undefined ? [] : [[name, help] as const];
  });

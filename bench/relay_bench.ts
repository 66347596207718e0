/**
 * The relay over HTTP: how fast it stores events while a slot fills, and what readers of a full one
 * cost its writers. Every event has an id that hashes to it, and no body repeats.
 */
import { freshEvents } from "./events.ts";
import type { Bench, Curve, Figure } from "./figure.ts";
import { HttpConnection, requestBytes } from "./http_client.ts";
import { quantile } from "./measure.ts";
import { allocate, type RelayProcess, type Slot, startRelayProcess } from "./relay_process.ts";

const CONNECTIONS = 16;
const RELAY_LINE = `the relay, all threads; ${CONNECTIONS} connections`;
const MEASURED = 12_000;
/** Of which the best counts. */
const PARTS = 4;
/** Stored events, in slots of at most 64 MiB. */
const FULL = 72_000;
const SLOT_COUNTS = [1, 4, 16, 64, 256, 1024, 4096];
const WARM_UP = 30_000;
/** Events in the slot that is read, and those that are posted meanwhile. */
const READ_FROM = 40_000;
const BESIDE = 6_000;
const ROUNDS = 3;
const LOOPBACK = "loopback, relay and clients on the same cores, synced to disk per commit";

/** Requests that post events which nobody has posted before. */
const posts = (url: string, slot: Slot, count: number): Uint8Array[] =>
  freshEvents(count).map((event) => postOf(url, slot, event));

const postOf = (url: string, slot: Slot, event: string): Uint8Array =>
  requestBytes(url, {
    method: "POST",
    path: `/v1/events/${slot.slot_id}`,
    token: slot.slot_token,
    body: `{"event":${event}}`,
  });

/** @returns milliseconds of each request, in no order */
async function load(url: string, requests: readonly Uint8Array[]): Promise<number[]> {
  const times: number[] = [];
  let next = 0;
  await Promise.all(Array.from({ length: CONNECTIONS }, async () => {
    using connection = await HttpConnection.open(url);
    for (let request = requests[next++]; request !== undefined; request = requests[next++]) {
      const start = performance.now();
      const { status, body } = await connection.send(request);
      if (status !== 201) throw new Error(`${status} ${new TextDecoder().decode(body)}`);
      times.push(performance.now() - start);
    }
  }));
  return times;
}

interface Measured {
  /** Events a second. */
  readonly rate: number;
  /** Microseconds of the relay's processor time for each, all threads. */
  readonly cost: number;
}

/** The best of some parts: other programs only ever slow it down. */
async function measured(
  relay: RelayProcess,
  requests: readonly Uint8Array[],
): Promise<Measured> {
  const parts: Measured[] = [];
  const size = Math.ceil(requests.length / PARTS);
  for (let at = 0; at < requests.length; at += size) {
    const part = requests.slice(at, at + size);
    const before = await relay.usage();
    const start = performance.now();
    await load(relay.url, part);
    const seconds = (performance.now() - start) / 1000;
    const { cpuMs } = await relay.usage();
    parts.push({
      rate: part.length / seconds,
      cost: (cpuMs - before.cpuMs) * 1000 / part.length,
    });
  }
  return {
    rate: Math.max(...parts.map(({ rate }) => rate)),
    cost: Math.min(...parts.map(({ cost }) => cost)),
  };
}

async function warmUp(url: string): Promise<void> {
  await load(url, posts(url, await allocate(url), WARM_UP));
}

async function postRates(relay: RelayProcess, show: (curve: Curve) => void): Promise<Figure[]> {
  const { url } = relay;
  await warmUp(url);
  const slot = await allocate(url);
  const levels: (Measured & { readonly stored: number })[] = [];
  for (let stored = 0; stored <= FULL; stored += MEASURED) {
    levels.push({ stored, ...await measured(relay, posts(url, slot, MEASURED)) });
  }
  show({
    file: "slot_grows",
    title: "A POST while one slot fills",
    xLabel: "events already in the slot",
    yLabel: "µs of processor time",
    isLogarithmic: false,
    lines: [{ label: RELAY_LINE, points: levels.map(({ stored, cost }) => [stored, cost]) }],
  });
  const conditions = `${CONNECTIONS} connections, best of ${PARTS} parts, ${LOOPBACK}`;
  const rates = levels.map(({ rate }) => rate);
  const [first, last] = [rates.at(0) ?? 0, rates.at(-1) ?? 0];
  return [
    {
      name: "relay: processor time for each POST",
      value: Math.min(...levels.map(({ cost }) => cost)),
      unit: "µs",
      conditions: `all threads of its process; ${conditions}`,
    },
    {
      name: "relay: POST into an empty slot",
      value: first,
      unit: "events/s",
      conditions,
      budget: { min: 12_000 },
    },
    {
      name: `relay: POST at ${FULL} stored events in the slot`,
      value: last,
      unit: "events/s",
      conditions,
      budget: { min: 12_000 },
    },
    {
      name: `relay: POST, rate at ${FULL} stored events over rate at 0`,
      value: last / first,
      unit: "ratio",
      conditions,
      ratioBudget: { min: 0.8 },
    },
  ];
}

/** The same number of events, spread over more and more slots. */
async function slotRates(relay: RelayProcess, show: (curve: Curve) => void): Promise<Figure[]> {
  const { url } = relay;
  await warmUp(url);
  const levels: (Measured & { readonly count: number })[] = [];
  for (const count of SLOT_COUNTS) {
    const slots: Slot[] = [];
    for (let n = 0; n < count; n++) slots.push(await allocate(url));
    const requests = freshEvents(MEASURED).map((event, n) => {
      const slot = slots[n % count];
      if (slot === undefined) throw new Error("no slot");
      return postOf(url, slot, event);
    });
    levels.push({ count, ...await measured(relay, requests) });
  }
  show({
    file: "slots_grow",
    title: "A POST to one of more and more slots in turn",
    xLabel: "slots",
    yLabel: "µs of processor time",
    isLogarithmic: true,
    lines: [{ label: RELAY_LINE, points: levels.map(({ count, cost }) => [count, cost]) }],
  });
  const [one, many] = [levels.at(0)?.rate ?? 0, levels.at(-1)?.rate ?? 0];
  return [{
    name: `relay: POST, rate with ${SLOT_COUNTS.at(-1)} slots over rate with 1`,
    value: many / one,
    unit: "ratio",
    conditions: `${CONNECTIONS} connections, best of ${PARTS} parts, ${LOOPBACK}; ` +
      `${Math.round(many)}/s with as many`,
    ratioBudget: { min: 0.3 },
  }];
}

/** Reads the slot from its beginning in pages of 1,000 until the answer is empty. */
async function readAll(url: string, slot: Slot, wanted: number): Promise<number> {
  using connection = await HttpConnection.open(url);
  let read = 0;
  let since = "";
  while (read < wanted) {
    const query = since === "" ? "?limit=1000" : `?since=${since}&limit=1000`;
    const { body } = await connection.send(requestBytes(url, {
      method: "GET",
      path: `/v1/events/${slot.slot_id}${query}`,
      token: slot.slot_token,
    }));
    const events: { event_id: string }[] = JSON.parse(new TextDecoder().decode(body));
    if (events.length === 0) return read;
    read += events.length;
    since = events.at(-1)?.event_id ?? "";
  }
  return read;
}

async function readWhileWriting(relay: RelayProcess): Promise<Figure[]> {
  const { url } = relay;
  const slot = await allocate(url);
  await load(url, posts(url, slot, READ_FROM));
  const rounds: { readonly ratio: number; readonly alone: number; readonly read: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const alone = quantile(await load(url, posts(url, slot, BESIDE)), 0.99);
    const requests = posts(url, slot, BESIDE);
    const start = performance.now();
    const [beside, read] = await Promise.all([
      load(url, requests),
      readAll(url, slot, 10_000).then((count) => count / ((performance.now() - start) / 1000)),
    ]);
    rounds.push({ ratio: quantile(beside, 0.99) / alone, alone, read });
  }
  const best = rounds.toSorted((a, b) => a.ratio - b.ratio)[0];
  const conditions = `${CONNECTIONS} writers, slot of ${READ_FROM} events and more, best of ` +
    `${ROUNDS}, ${LOOPBACK}`;
  return [
    {
      name: "relay: read 10,000 events while writing",
      value: Math.max(...rounds.map(({ read }) => read)),
      unit: "events/s",
      conditions,
    },
    {
      name: "relay: p99 of POST with a reader over p99 without",
      value: best?.ratio ?? NaN,
      unit: "ratio",
      conditions: `${conditions}; p99 alone ${best?.alone.toFixed(1)} ms`,
      ratioBudget: { max: 2 },
    },
  ];
}

export const relayBench: Bench = {
  name: "relay over HTTP",
  async run(show) {
    const figures: Figure[] = [];
    for (const measure of [postRates, slotRates, readWhileWriting]) {
      await using relay = await startRelayProcess();
      figures.push(...await measure(relay, show));
    }
    return figures;
  },
};

/**
 * The relay over HTTP: how fast it stores events while a slot fills, and what readers of a full one
 * cost its writers. Every event has an id that hashes to it, and no body repeats.
 */
import { createHash } from "node:crypto";
import type { Bench, Figure } from "./figure.ts";
import { HttpConnection, requestBytes } from "./http_client.ts";
import { allocate, type RelayProcess, type Slot, startRelayProcess } from "./relay_process.ts";

const CONNECTIONS = 16;
const MEASURED = 15_000;
/** Stored events at which the rate is measured. */
const LEVELS = [0, 15_000, 60_000];
const WARM_UP = 30_000;
const LOOPBACK = "loopback, relay and clients on the same cores, synced to disk per commit";

let made = 0;

/** Requests that post events of about 600 bytes, as a signed message has. */
function posts(url: string, slot: Slot, count: number): Uint8Array[] {
  return Array.from({ length: count }, () => {
    made += 1;
    const unsigned = `"body":"message ${made} ${"lorem ipsum dolor sit amet ".repeat(5)}",`;
    const from = '"from":"did:wire:alice-1e5aaa0a","kind":1,';
    const rest = `"schema_version":"v3.1","timestamp":"2026-01-01T00:00:00.${made}Z",` +
      '"to":"did:wire:bob-465c3352","type":"decision"';
    const id = createHash("sha256").update(`{${unsigned}${from}${rest}}`).digest("hex");
    const key = '"public_key_id":"alice:1e5aaa0a",';
    const [schema, others] = [rest.slice(0, 24), rest.slice(24)];
    const signature = `"signature":"${"A".repeat(86)}==",`;
    const event = `{${unsigned}"event_id":"${id}",${from}${key}${schema}${signature}${others}}`;
    return requestBytes(url, {
      method: "POST",
      path: `/v1/events/${slot.slot_id}`,
      token: slot.slot_token,
      body: `{"event":${event}}`,
    });
  });
}

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

async function rate(url: string, slot: Slot, count: number): Promise<number> {
  const requests = posts(url, slot, count);
  const start = performance.now();
  await load(url, requests);
  return count / ((performance.now() - start) / 1000);
}

async function postRates(relay: RelayProcess): Promise<Figure[]> {
  const { url } = relay;
  await rate(url, await allocate(url), WARM_UP);
  const slot = await allocate(url);
  const rates: Figure[] = [];
  let stored = 0;
  for (const level of LEVELS) {
    if (level > stored) await rate(url, slot, level - stored);
    rates.push({
      name: `relay: POST at ${level} stored events in the slot`,
      value: await rate(url, slot, MEASURED),
      unit: "events/s",
      conditions: `${CONNECTIONS} connections, ${LOOPBACK}`,
      budget: { min: 12_000 },
    });
    stored = level + MEASURED;
  }
  const [first, last] = [rates.at(0)?.value ?? 0, rates.at(-1)?.value ?? 0];
  return [...rates, {
    name: `relay: POST, rate at ${LEVELS.at(-1)} stored events over rate at 0`,
    value: last / first,
    unit: "ratio",
    conditions: `${CONNECTIONS} connections, ${LOOPBACK}`,
    ratioBudget: { min: 0.8 },
  }];
}

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? 0;

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
  await rate(url, slot, 60_000);
  const alone = await load(url, posts(url, slot, 8_000));
  const requests = posts(url, slot, 8_000);
  const start = performance.now();
  let readMs = 0;
  const [beside, read] = await Promise.all([
    load(url, requests),
    readAll(url, slot, 10_000).then((count) => {
      readMs = performance.now() - start;
      return count;
    }),
  ]);
  const conditions = `${CONNECTIONS} writers, slot of 60,000 events, ${LOOPBACK}`;
  return [
    {
      name: "relay: read 10,000 events while writing",
      value: read / (readMs / 1000),
      unit: "events/s",
      conditions,
    },
    {
      name: "relay: p99 of POST with a reader over p99 without",
      value: percentile(beside, 0.99) / percentile(alone, 0.99),
      unit: "ratio",
      conditions: `${conditions}; p99 alone ${percentile(alone, 0.99).toFixed(1)} ms`,
      ratioBudget: { max: 2 },
    },
  ];
}

async function withRelay(
  measure: (relay: RelayProcess) => Promise<Figure[]>,
): Promise<readonly Figure[]> {
  await using relay = await startRelayProcess();
  return await measure(relay);
}

export const relayBench: Bench = {
  name: "relay",
  run: async () => [...await withRelay(postRates), ...await withRelay(readWhileWriting)],
};

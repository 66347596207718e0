/** What subscribers cost: one event to many, and memory of those who only listen. */
import { freshEvent, freshEvents } from "./events.ts";
import type { Bench, Curve, Figure } from "./figure.ts";
import { quantile } from "./measure.ts";
import { allocate, type RelayProcess, startRelayProcess } from "./relay_process.ts";
import { publishBytes, SocketClient } from "./socket_client.ts";

const COUNTS = [1, 10, 100, 300, 1_000];
const ROUNDS = 20;
const WARM_UP = 300;
const IDLE = 5_000;
/** Subscribers before the first that stays. */
const COME_AND_GO = 2_000;
/** Opened at the same time. */
const AT_ONCE = 50;
const SMALL_BUFFER = 2_048;
const LOOPBACK = "loopback, relay and clients on the same cores, synced to disk per commit";

async function fanOut(relay: RelayProcess, show: (curve: Curve) => void): Promise<Figure[]> {
  const { url } = relay;
  const points: [number, number][] = [];
  using publisher = await SocketClient.open(url);
  const warm = await allocate(url);
  for (const event of freshEvents(WARM_UP)) {
    await publisher.send(publishBytes(warm, 0, [event]));
    await publisher.until("published");
  }
  const slot = await allocate(url);
  const subscribers: SocketClient[] = [];
  for (const count of COUNTS) {
    while (subscribers.length < count) {
      const client = await SocketClient.open(url, 4 * SMALL_BUFFER);
      await client.subscribe(slot);
      subscribers.push(client);
    }
    const taken: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const frame = publishBytes(slot, round, [freshEvent()]);
      const start = performance.now();
      const all = Promise.all(subscribers.map((client) => client.until("events")));
      await publisher.send(frame);
      await all;
      taken.push(performance.now() - start);
      await publisher.until("published");
    }
    points.push([count, quantile(taken, 0.5)]);
  }
  for (const client of subscribers) client[Symbol.dispose]();
  show({
    file: "subscribers_grow",
    title: "One event to all subscribers of a slot",
    xLabel: "subscribers",
    yLabel: "ms until the last has it",
    isLogarithmic: true,
    lines: [{ label: "WebSocket, median", points }],
  });
  return [{
    name: `one event to ${COUNTS.at(-1)} subscribers`,
    value: points.at(-1)?.[1] ?? NaN,
    unit: "ms",
    conditions: `until the last has it, median of ${ROUNDS}, ${LOOPBACK}`,
    budget: { max: 120 },
  }];
}

async function idle(relay: RelayProcess, show: (curve: Curve) => void): Promise<Figure[]> {
  const { url } = relay;
  const subscribers: SocketClient[] = [];
  const points: [number, number][] = [];
  // What the relay takes for itself once it has worked must not count for its subscribers.
  for (let n = 0; n < COME_AND_GO; n++) {
    using client = await SocketClient.open(url, SMALL_BUFFER);
    await client.subscribe(await allocate(url));
  }
  const before = (await relay.usage()).now;
  while (subscribers.length < IDLE) {
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      const slot = await allocate(url);
      const client = await SocketClient.open(url, SMALL_BUFFER);
      await client.subscribe(slot);
      subscribers.push(client);
    }));
    if (subscribers.length % 500 === 0) {
      points.push([subscribers.length, ((await relay.usage()).now - before) / 2 ** 20]);
    }
  }
  const each = ((await relay.usage()).now - before) / IDLE / 1024;
  for (const client of subscribers) client[Symbol.dispose]();
  show({
    file: "idle_subscribers",
    title: "Memory of subscribers that only listen",
    xLabel: "WebSocket subscribers, each with a slot of its own",
    yLabel: "MiB more than without",
    isLogarithmic: false,
    lines: [{ label: "resident set of the relay", points }],
  });
  return [{
    name: `memory of each of ${IDLE} idle subscribers`,
    value: each,
    unit: "KiB",
    conditions: "resident set of the relay's process above that after " +
      `${COME_AND_GO} came and went; each with a slot of its own; no collection forced`,
    budget: { max: 25 },
  }];
}

export const subscribersBench: Bench = {
  name: "subscribers",
  async run(show) {
    const figures: Figure[] = [];
    for (const measure of [fanOut, idle]) {
      await using relay = await startRelayProcess();
      figures.push(...await measure(relay, show));
    }
    return figures;
  },
};

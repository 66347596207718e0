/** Events over the WebSocket: batches on their way in, and the way to one who listens. */
import { freshEvents } from "./events.ts";
import type { Bench, Figure } from "./figure.ts";
import { quantile } from "./measure.ts";
import { allocate, type Slot, startRelayProcess } from "./relay_process.ts";
import { frameBytes, publishBytes, SocketClient } from "./socket_client.ts";

const BATCH = 64;
const PUBLISHERS = 4;
/** Frames of one publisher that wait for their answers. */
const AHEAD = 4;
const BATCHES = 250;
const ROUNDS = 3;
const LATENCY_WARM_UP = 1_000;
const LATENCY_EVENTS = 3_000;
const LOOPBACK = "loopback, relay and clients on the same cores, synced to disk per commit";

/** @returns events a second */
async function publishRate(url: string, slots: readonly Slot[]): Promise<number> {
  const work = slots.map((slot) =>
    Array.from({ length: BATCHES }, (_, n) => publishBytes(slot, n, freshEvents(BATCH)))
  );
  const clients = await Promise.all(slots.map(() => SocketClient.open(url)));
  const start = performance.now();
  await Promise.all(clients.map(async (client, n) => {
    const frames = work[n] ?? [];
    let sent = 0;
    for (let answered = 0; answered < frames.length; answered++) {
      for (let frame = frames[sent]; frame !== undefined && sent < answered + AHEAD; sent++) {
        await client.send(frame);
        frame = frames[sent + 1];
      }
      const answer = await client.until("published");
      if (answer.includes('"error"')) throw new Error(answer.slice(0, 300));
    }
  }));
  const seconds = (performance.now() - start) / 1000;
  for (const client of clients) client[Symbol.dispose]();
  return slots.length * BATCHES * BATCH / seconds;
}

async function batches(): Promise<Figure[]> {
  await using relay = await startRelayProcess();
  const count = PUBLISHERS * BATCHES * BATCH;
  const rates: number[] = [];
  const costs: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const slots = await Promise.all(Array.from({ length: PUBLISHERS }, () => allocate(relay.url)));
    const before = await relay.usage();
    const rate = await publishRate(relay.url, slots);
    if (round === 0) continue;
    rates.push(rate);
    costs.push(((await relay.usage()).cpuMs - before.cpuMs) * 1000 / count);
  }
  const conditions = `${PUBLISHERS} connections with a slot each, ${AHEAD} frames ahead, best of ` +
    `${ROUNDS} times ${count} events, ${LOOPBACK}`;
  return [{
    name: "processor time of the relay for each",
    value: Math.min(...costs),
    unit: "µs",
    conditions: `all threads; ${conditions}`,
  }, {
    name: `publish in batches of ${BATCH}`,
    value: Math.max(...rates),
    unit: "events/s",
    conditions,
    budget: { min: 60_000 },
  }];
}

/** One event at a time: the next is published once the last was pushed. */
async function closedLoop(): Promise<Figure[]> {
  await using relay = await startRelayProcess();
  const slot = await allocate(relay.url);
  using subscriber = await SocketClient.open(relay.url);
  await subscriber.subscribe(slot);
  using publisher = await SocketClient.open(relay.url);
  const taken: number[] = [];
  const frames = freshEvents(LATENCY_WARM_UP + LATENCY_EVENTS).map((event, n) =>
    publishBytes(slot, n, [event])
  );
  for (const [n, frame] of frames.entries()) {
    const start = performance.now();
    const pushed = subscriber.until("events");
    await publisher.send(frame);
    await pushed;
    if (n >= LATENCY_WARM_UP) taken.push(performance.now() - start);
    await publisher.until("published");
    if (n % 256 === 0) {
      await subscriber.send(frameBytes({ op: "ack", slot: slot.slot_id, seq: n + 1 }));
    }
  }
  const conditions =
    `closed loop of ${LATENCY_EVENTS} events after ${LATENCY_WARM_UP}, ${LOOPBACK}`;
  return [
    {
      name: "published → pushed to a subscriber, p50",
      value: quantile(taken, 0.5),
      unit: "ms",
      conditions,
      budget: { max: 0.6 },
    },
    {
      name: "published → pushed to a subscriber, p99",
      value: quantile(taken, 0.99),
      unit: "ms",
      conditions,
      budget: { max: 4 },
    },
  ];
}

export const publishBench: Bench = {
  name: "relay over WebSocket",
  run: async () => [...await batches(), ...await closedLoop()],
};

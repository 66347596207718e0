/**
 * Figures of two relays over one KV server, all on this machine: `deno task cluster:bench`. Events
 * published over WebSocket to different mailboxes, and the time from a publish on one relay to the
 * push on the other. Ends with one line each.
 */
import { Cluster } from "../tests/cluster/cluster.ts";
import { eventOf, type Node, type Slot } from "../tests/cluster/node.ts";
import { Wire } from "../tests/cluster/wire_socket.ts";
import { findDenokv } from "./denokv.ts";
import { say } from "./run_deno.ts";

const BATCH = 64;
const SECONDS = 5;
const SLOTS = 8;
const IN_FLIGHT = 4;
const PUSHES = 300;

const denokv = await findDenokv();
if (denokv === undefined) Deno.exit(1);
Deno.env.set("WIRE_DENOKV", denokv);
await using cluster = await Cluster.start();
const nodes = [await cluster.relay(), await cluster.relay()];
const slots = await Promise.all(
  Array.from({ length: SLOTS }, (_, i) => at(nodes, i).allocate({ grants: true })),
);
await say(`publish: ${await published()} events/s, ${SLOTS} mailboxes, batches of ${BATCH}`);
await say(await pushed(at(slots, 0)));

function at<T>(items: readonly T[], i: number): T {
  const item = items[i % items.length];
  if (item === undefined) throw new RangeError("nothing there");
  return item;
}

async function published(): Promise<number> {
  let count = 0;
  let from = performance.now();
  const warm = from + 2_000;
  const until = warm + SECONDS * 1_000;
  let isWarm = false;
  await Promise.all(slots.map(async (slot, i) => {
    using wire = await Wire.connect(at(nodes, i));
    let n = 0;
    const send = (): void => {
      const events = Array.from(
        { length: BATCH },
        (): unknown => JSON.parse(eventOf(`writer ${i}`, n++, "x".repeat(200)).text),
      );
      wire.send({ op: "publish", ref: n, slot: slot.slot_id, token: slot.slot_token, events });
    };
    for (let k = 0; k < IN_FLIGHT; k++) send();
    while (performance.now() < until) {
      await wire.next("published");
      count += BATCH;
      if (!isWarm && performance.now() >= warm) {
        isWarm = true;
        count = 0;
        from = performance.now();
      }
      send();
    }
  }));
  return Math.round(count / ((performance.now() - from) / 1_000));
}

async function pushed(slot: Slot): Promise<string> {
  const [a, b]: readonly [Node, Node] = [at(nodes, 0), at(nodes, 1)];
  const fresh = await a.allocate({ grants: true });
  using reading = await Wire.connect(b);
  const { slot_id, slot_token: token } = fresh;
  reading.send({ op: "open", ref: 1, slot: slot_id, token, since: null });
  await reading.next("live");
  using writing = await Wire.connect(a);
  const times: number[] = [];
  for (let n = 0; n < PUSHES; n++) {
    const events = [JSON.parse(eventOf(`pushed ${slot.slot_id}`, n).text)];
    const start = performance.now();
    writing.send({ op: "publish", ref: n, slot: slot_id, token, events });
    const { events: [first] = [] } = await reading.next("events");
    times.push(performance.now() - start);
    reading.send({ op: "ack", slot: slot_id, seq: first?.seq ?? 0 });
    await writing.next("published");
  }
  times.sort((x, y) => x - y);
  const of = (share: number): string => (times[Math.floor(times.length * share)] ?? 0).toFixed(1);
  return `publish on one relay to push on the other: p50 ${of(0.5)} ms, p99 ${of(0.99)} ms`;
}

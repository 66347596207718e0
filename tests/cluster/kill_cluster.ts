/**
 * P1 with several relays: one of them, or the KV server, is killed with SIGKILL at random moments
 * while clients post to both. Then every event that was answered 201 is there exactly once, and each
 * client's are in the order in which it sent them.
 */
import assert from "node:assert/strict";
import { crashRounds } from "../runs.ts";
import { Cluster } from "./cluster.ts";
import { eventOf, type Node, type Slot } from "./node.ts";

const ROUNDS = crashRounds(9);
const SIZES = [10, 300, 2_000, 70_000];

/** What one client knows. It keeps to one relay while that lives, and repeats what got no answer. */
class Sender {
  readonly acknowledged: string[] = [];
  #sent = 0;
  #isUnsure = false;

  constructor(readonly name: string, readonly slot: Slot, readonly nodes: () => readonly Node[]) {}

  async post(until: AbortSignal): Promise<void> {
    while (!until.aborted) {
      const event = eventOf(this.name, this.#sent, "x".repeat(SIZES[this.#sent % 4] ?? 0));
      const nodes = this.nodes();
      const node = nodes[(this.name.length + this.#sent) % nodes.length];
      assert.ok(node);
      try {
        const { status, text } = await node.post(this.slot, event);
        if (status === 500 || status === 503) {
          this.#isUnsure = true; // the store did not answer: it may be there or not
          continue;
        }
        if (status === 200) assert.ok(this.#isUnsure, "only what got no answer may be there");
        else assert.equal(status, 201, text);
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        this.#isUnsure = true; // killed meanwhile
        await new Promise((resolve) => setTimeout(resolve, 10));
        continue;
      }
      this.acknowledged.push(event.id);
      this.#isUnsure = false;
      this.#sent += 1;
    }
  }

  /** Sent at last without an answer. */
  get unsure(): string | undefined {
    return this.#isUnsure
      ? eventOf(this.name, this.#sent, "x".repeat(SIZES[this.#sent % 4] ?? 0)).id
      : undefined;
  }
}

/** Ends at a moment that no schedule of ours decides; the test is right whatever it is. */
const randomMoment = (): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, 100 + Math.random() * 500));

Deno.test(`P1: cluster: kill -9 of relays and of the KV server, ${ROUNDS} rounds, loses nothing`, async () => {
  await using cluster = await Cluster.start();
  const nodes = [await cluster.relay(), await cluster.relay()];
  const [first] = nodes;
  assert.ok(first);
  const slots = [await first.allocate(), await first.allocate(), await first.allocate()];
  const senders = Array.from({ length: 9 }, (_, i) => {
    const slot = slots[i % slots.length];
    assert.ok(slot);
    return new Sender("s".repeat(i + 1), slot, () => nodes);
  });
  const stop = new AbortController();
  const posting = Promise.all(senders.map((sender) => sender.post(stop.signal)));
  for (let round = 0; round < ROUNDS; round++) {
    await Promise.race([randomMoment(), posting]);
    const which = round % 3;
    const node = nodes[which];
    if (node === undefined) {
      await cluster.killServer();
      await cluster.startServer();
    } else {
      await node.kill();
      nodes[which] = await cluster.relay(node.address);
    }
  }
  await Promise.race([randomMoment(), posting]);
  stop.abort();
  await posting;
  const counts = senders.map(({ acknowledged }) => acknowledged.length);
  assert.ok(counts.every((count) => count > ROUNDS), `there was load: ${counts}`);
  for (const node of nodes) {
    for (const slot of slots) {
      const events = await node.stored(slot);
      const ids = events.map(({ event_id }) => event_id);
      assert.equal(new Set(ids).size, ids.length, "doubled");
      for (const sender of senders.filter((sender) => sender.slot === slot)) {
        const own = events.filter(({ from }) => from === sender.name).map((e) => e.event_id);
        if (own.at(-1) === sender.unsure) own.pop();
        assert.deepEqual(own, sender.acknowledged);
      }
    }
  }
});

import assert from "node:assert/strict";
import { FakeClock } from "../platform/fake/clock.ts";
import { FakeLog } from "../platform/fake/log.ts";
import { isSlotId, type SlotId } from "../protocol/ids.ts";
import type { FoundSlot } from "../store/slots/slot_store.ts";
import { NodeWakes } from "./node_wakes.ts";

function slotOf(id: string): SlotId {
  assert.ok(isSlotId(id));
  return id;
}

/** Shards 1 and 2. */
const FIRST = slotOf("01".padEnd(32, "0"));
const SECOND = slotOf("02".padEnd(32, "0"));

class World {
  readonly clock = new FakeClock();
  readonly done: string[] = [];
  readonly retired = new Set<SlotId>();
  finds = 0;
  readonly wakes = new NodeWakes({
    hub: {
      slots: [FIRST, SECOND],
      catchUp: (slot) => void this.done.push(`read ${slot.slice(0, 2)}`),
      retire: (slot) => void this.done.push(`end ${slot.slice(0, 2)}`),
    },
    store: { find: (slot) => this.#find(slot) },
    clock: this.clock,
    log: new FakeLog(),
  });

  #find(id: SlotId): Promise<FoundSlot> {
    this.finds += 1;
    const isRetired = this.retired.has(id);
    const tokenHash = new Uint8Array(32);
    return Promise.resolve({ id, tokenHash, createdAt: 0, class: "owner", isRetired });
  }
}

Deno.test("node wakes: only slots of the woken shards that somebody listens to are read", () => {
  const world = new World();
  world.wakes.woken(new Set([2, 3]));
  assert.deepEqual(world.done, ["read 02"]);
  world.wakes.close();
});

Deno.test("node wakes: a slot that another relay retired ends, once what is known of it is old", async () => {
  const world = new World();
  world.retired.add(FIRST);
  world.wakes.woken(new Set([1, 2]));
  await world.clock.advance(1_100);
  assert.deepEqual(world.done, ["read 01", "read 02", "end 01"]);
});

Deno.test("P8: node wakes: many wakes ask for a slot once a second", async () => {
  const world = new World();
  for (let i = 0; i < 100; i++) world.wakes.woken(new Set([1]));
  await world.clock.advance(1_100);
  assert.equal(world.finds, 1);
});

Deno.test("node wakes: a relay that closes asks nothing more", async () => {
  const world = new World();
  world.wakes.woken(new Set([1]));
  world.wakes.close();
  await world.clock.advance(5_000);
  assert.equal(world.finds, 0);
});

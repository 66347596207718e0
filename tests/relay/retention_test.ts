/** Mail that is read makes room, on a relay in memory (docs/protocol/extensions.md §4). */
import assert from "node:assert/strict";
import { isSlotId, type SlotId } from "../../protocol/ids.ts";
import type { RelayLimits } from "../../relay/options.ts";
import { MemorySlotStore } from "../../store/slots/memory_slot_store.ts";
import { FakeClock } from "../../platform/fake/clock.ts";
import { hashed, RelayWorld, type Slot } from "./relay_world.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

async function ownersSlot(world: RelayWorld): Promise<Slot & { readonly id: SlotId }> {
  const { text } = await world.call("/v1/slot/allocate", { body: { grants: true } });
  const { slot_id: id, slot_token: token } = JSON.parse(text);
  assert.ok(isSlotId(id));
  return { id, token };
}

async function retaining(limits: Partial<RelayLimits>): Promise<readonly [number, string]> {
  await using world = new RelayWorld(limits);
  const slot = await ownersSlot(world);
  const [first, second] = [hashed(`"n":1`), hashed(`"n":2`)];
  await world.post(slot, first.text);
  await world.post(slot, second.text);
  await world.store.ack(slot.id, 1);
  // The first look notes when they came, the last one finds what is old.
  for (const ms of [HOUR_MS, 2 * DAY_MS]) await world.clock.advance(ms);
  const again = await world.post(slot, first.text);
  const { text } = await world.list(slot, `?since=${first.id}`);
  assert.equal(text, `[${second.text}]`, "since goes on after it, whether it is there or not");
  const all = await world.list(slot);
  return [again.status, all.text.includes(first.id) ? "kept" : "gone"];
}

Deno.test("with --retain, what was read and is old goes by itself", async () => {
  assert.deepEqual(await retaining({ retentionDays: 1 }), [200, "gone"]);
});

Deno.test("without --retain nothing is ever dropped, nor before its day", async () => {
  assert.deepEqual(await retaining({}), [200, "kept"]);
  assert.deepEqual(await retaining({ retentionDays: 3 }), [200, "kept"]);
});

Deno.test("the relay says after how many days it drops what was read", async () => {
  for (const retentionDays of [null, 30]) {
    await using world = new RelayWorld({ retentionDays });
    const { text } = await world.call("/v1/relay");
    assert.equal(JSON.parse(text).limits.retention_days, retentionDays);
  }
});

Deno.test("lesson 49: a slot that remembers all the ids it may says so, and names rotate-slot", async () => {
  const clock = new FakeClock("2026-11-21T05:00:00Z");
  const store = new MemorySlotStore({ maxSlots: 9, maxSlotBytes: 9_000, maxSlotIds: 1, clock });
  await using world = new RelayWorld({}, { store });
  const slot = await world.slot();
  assert.equal((await world.post(slot, hashed(`"n":1`).text)).status, 201);
  const { status, text } = await world.post(slot, hashed(`"n":2`).text);
  assert.equal(status, 413);
  const { error, remediation, slot_ids_used: ids } = JSON.parse(text);
  assert.equal(error, "slot quota exceeded");
  assert.match(remediation, /wire rotate-slot/);
  assert.equal(ids, 1);
  assert.equal((await world.post(slot, hashed(`"n":1`).text)).status, 200);
});

Deno.test("lesson 49: mailboxes that nobody uses make room again; one that is read stays", async () => {
  await using world = new RelayWorld({ maxSlots: 2, unusedSlotDays: 2 });
  const [read, forgotten] = [await world.slot(), await world.slot()];
  assert.equal((await world.call("/v1/slot/allocate", { body: {} })).status, 503);
  for (let days = 0; days < 3; days++) {
    assert.equal((await world.list(read)).status, 200);
    await world.clock.advance(DAY_MS);
  }
  await world.clock.advance(HOUR_MS);
  assert.equal((await world.list(forgotten)).status, 404);
  assert.equal((await world.list(read)).status, 200);
  assert.equal((await world.call("/v1/slot/allocate", { body: {} })).status, 201);
});

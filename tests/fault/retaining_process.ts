/**
 * A relay's store as a process of its own that stores, acks and drops until it is killed; each day
 * of its clock is a moment. Says on stdout what it has been told is on the disk.
 */
import { KvSlotStore } from "../../store/slots/kv_slot_store.ts";
import { openKv } from "../../store/slots/open_kv.ts";
import { eventOf, RETAIN, ShiftedClock, SLOT } from "./retaining.ts";

if (import.meta.main) {
  const [place = "", days = "0"] = Deno.args;
  const clock = new ShiftedClock(Number(days));
  const kv = await openKv({ place, name: place, mustExist: false, isChecked: true });
  const store = new KvSlotStore({ kv, clock, isShared: false, maxSlots: 9, maxSlotBytes: 1e9 });
  if (await store.find(SLOT) === undefined) {
    await store.create({ id: SLOT, tokenHash: new Uint8Array(32), createdAt: 0, class: "owner" });
  }
  const say = (what: string): Promise<number> =>
    Deno.stdout.write(new TextEncoder().encode(`${what}\n`));
  for (let next = await store.head(SLOT);;) {
    const events = Array.from({ length: 40 }, (_, i) => eventOf(next + i));
    for (const { status } of await store.appendAll(SLOT, events)) {
      if (status !== "stored") throw new Error(`the event was ${status}`);
    }
    next += events.length;
    await say(`stored ${next}`);
    const acked = next - 20;
    await store.ack(SLOT, acked);
    await say(`acked ${acked}`);
    clock.days += 4;
    const { events: dropped } = await store.sweep(RETAIN);
    await say(`day ${clock.days}`);
    if (dropped > 0) await say(`dropped ${dropped}`);
  }
}

/** What an operator changes in a store: room given back, mailboxes and grants taken out of service. */
import assert from "node:assert/strict";
import { RealFiles } from "../../platform/real/files.ts";
import { WireError } from "../../protocol/errors.ts";
import { isSlotId, type SlotId } from "../../protocol/ids.ts";
import { ShiftedClock } from "../../tests/contract/slot_world.ts";
import { KvSlotStore } from "../slots/kv_slot_store.ts";
import { type AdminStore, openAdminStore } from "./admin_store.ts";
import { checkPlace } from "./check_place.ts";
import { compact, type Compacted } from "./compact.ts";
import { revoke } from "./revoke.ts";
import { overviews } from "./store_slots.ts";
import { storeTotals } from "./store_totals.ts";

const DAY_MS = 24 * 3_600_000;
const GRANT = "0123456789abcdef";
const ID = slotId();

function slotId(): SlotId {
  const id = "a".repeat(32);
  assert.ok(isSlotId(id));
  return id;
}

interface Operator {
  readonly platform: { readonly files: RealFiles; readonly clock: ShiftedClock };
  readonly data: string;
  open(): Promise<AdminStore>;
}

/** A directory with one mailbox of 40 large events, half of them acked. */
async function operatorTest(body: (operator: Operator) => Promise<void>): Promise<void> {
  const data = await Deno.makeTempDir({ prefix: "wire-admin-" });
  const clock = new ShiftedClock();
  const platform = { files: new RealFiles(clock), clock };
  const open = () => openAdminStore({ data, kv: undefined, mayCreate: true }, platform);
  try {
    {
      await using store = await open();
      const limits = { maxSlots: 9, maxSlotBytes: 1e9 };
      const slots = new KvSlotStore({ ...limits, kv: store.kv, clock, isShared: false });
      await slots.create({ id: ID, tokenHash: new Uint8Array(32), createdAt: 0, class: "owner" });
      await slots.createGrant(ID, {
        id: GRANT,
        tokenHash: new Uint8Array(32),
        label: null,
        limits: { maxEventBytes: 1e6, maxEventsPerHour: 9, maxBytes: 1e9, expiresAt: null },
        createdAt: 0,
      });
      await slots.appendAll(
        ID,
        Array.from(
          { length: 40 },
          (_, n) => ({ text: `"${n}${"x".repeat(100_000)}"`, id: undefined }),
        ),
      );
      await slots.ack(ID, 20);
      await slots.counters();
    }
    await body({ platform, data, open });
  } finally {
    await Deno.remove(data, { recursive: true });
  }
}

Deno.test("compact: drops what was read and is old, and the file gets smaller", async () => {
  await operatorTest(async ({ platform, data, open }) => {
    const retainMs = 30 * DAY_MS;
    const compacted = async (): Promise<Compacted> => {
      await using store = await open();
      return await compact(store, retainMs, platform);
    };
    const young = await compacted();
    assert.equal(young.events, 0, "its age is counted from the first look");
    platform.clock.shiftMs = 31 * DAY_MS;
    const old = await compacted();
    assert.equal(old.events, 20);
    assert.ok((old.fileBytesAfter ?? Infinity) < (old.fileBytesBefore ?? 0) - 1e6);
    const { problems, events } = await checkPlace({ data, kv: undefined }, platform);
    assert.deepEqual(problems, []);
    assert.equal(events, 40);
    await using store = await open();
    const [slot] = await Array.fromAsync(overviews(store.kv));
    assert.deepEqual([slot?.dropped, slot?.acked, slot?.events], [20, 20, 40]);
  });
});

Deno.test("revoke: a grant, then the mailbox; again is no error", async () => {
  await operatorTest(async ({ platform, open }) => {
    await using store = await open();
    for (const grant of [GRANT, GRANT, undefined, undefined]) {
      await revoke(store, { slot: ID, grant }, platform.clock);
    }
    const totals = await storeTotals(store.kv);
    assert.equal(totals.slotsRetired, 1);
    assert.deepEqual([totals.grantsLive, totals.grantsRevoked], [0, 1]);
  });
});

Deno.test("revoke: what is not there, and what is no slot, is told apart", async () => {
  await operatorTest(async ({ platform, open }) => {
    await using store = await open();
    for (
      const [slot, grant, code] of [
        ["b".repeat(32), undefined, "not_found"],
        [ID, "f".repeat(16), "not_found"],
        ["nonsense", undefined, "usage"],
      ] as const
    ) {
      await assert.rejects(
        revoke(store, { slot, grant }, platform.clock),
        (error) => error instanceof WireError && error.code === code,
      );
    }
  });
});

Deno.test("admin: a directory is held by one operator or relay at a time", async () => {
  await operatorTest(async ({ open }) => {
    await using _store = await open();
    await assert.rejects(open(), (error) => error instanceof WireError && error.code === "locked");
  });
});

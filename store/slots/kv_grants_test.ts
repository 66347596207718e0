/** Grants and retirement when several relays share one store. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { RealClock } from "../../platform/real/clock.ts";
import { isSlotId, type SlotId } from "../../protocol/ids.ts";
import { ShiftedClock } from "../../tests/contract/slot_world.ts";
import { KvSlotStore } from "./kv_slot_store.ts";
import type { Appended } from "./slot_store.ts";

const SLOT = slotId();
const GRANT = "b".repeat(16);
const TOKEN_HASH = new Uint8Array(32).fill(3);
const MAX_BYTES = 1_000;

function slotId(): SlotId {
  const id = "a".repeat(32);
  assert.ok(isSlotId(id));
  return id;
}

interface Nodes {
  readonly one: KvSlotStore;
  readonly other: KvSlotStore;
  readonly clock: ShiftedClock;
}

function nodesTest(name: string, body: (nodes: Nodes) => Promise<void>): void {
  Deno.test(name, async () => {
    using kv = await Deno.openKv(":memory:");
    const clock = new ShiftedClock();
    const open = () =>
      new KvSlotStore({
        kv: keptOpen(kv),
        clock,
        isShared: true,
        maxSlots: 10,
        maxSlotBytes: 1e9,
      });
    await using one = open();
    await using other = open();
    await one.create({ id: SLOT, tokenHash: new Uint8Array(32), createdAt: 0, class: "owner" });
    await one.createGrant(SLOT, {
      id: GRANT,
      tokenHash: TOKEN_HASH,
      label: null,
      createdAt: 0,
      limits: { maxEventBytes: 100, maxEventsPerHour: 10, maxBytes: MAX_BYTES, expiresAt: null },
    });
    await body({ one, other, clock });
  });
}

/** Two handles on one file would block each other, which relays on a KV server do not. */
const keptOpen = (kv: Deno.Kv): Deno.Kv =>
  new Proxy(kv, {
    get(target, name) {
      const value: unknown = name === "close" ? () => {} : Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });

/** Ten bytes. */
const post = (store: KvSlotStore, n: number): Promise<Appended> =>
  store.append(SLOT, {
    text: `${n}`.padEnd(10),
    id: createHash("sha256").update(`${n}`).digest("hex"),
  }, { grant: { id: GRANT, at: 5 } });

nodesTest("a grant that another relay has just revoked stores nothing here", async (nodes) => {
  const { one, other, clock } = nodes;
  assert.equal((await post(other, 1)).status, "stored");
  await one.revokeGrant(SLOT, GRANT, 9);
  assert.equal((await post(other, 2)).status, "revoked");
  assert.equal((await one.totals(SLOT)).events, 1);
  clock.shiftMs += 1_001;
  assert.equal((await other.findGrant(SLOT, TOKEN_HASH))?.revokedAt, 9);
});

nodesTest("a revocation is known on the other relay within a second", async (nodes) => {
  const { one, other, clock } = nodes;
  assert.equal((await other.findGrant(SLOT, TOKEN_HASH))?.revokedAt, null);
  await one.revokeGrant(SLOT, GRANT, 9);
  clock.shiftMs += 1_001;
  assert.equal((await other.findGrant(SLOT, TOKEN_HASH))?.revokedAt, 9);
});

nodesTest("a slot that another relay has retired stores nothing here", async (nodes) => {
  const { one, other, clock } = nodes;
  assert.ok((await other.find(SLOT))?.isRetired === false);
  assert.equal((await other.append(SLOT, { text: "1", id: "a" })).status, "stored");
  await one.retire(SLOT);
  assert.equal((await other.append(SLOT, { text: "2", id: "b" })).status, "retired");
  clock.shiftMs += 1_001;
  assert.ok((await other.find(SLOT))?.isRetired);
});

nodesTest("P1: two relays count the uses of one grant together", async ({ one, other }) => {
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, n) => post(n % 2 === 0 ? one : other, n)),
  );
  assert.ok(answers.every(({ status }) => status === "stored"));
  const grants = await one.grants(SLOT);
  assert.deepEqual(grants.map(({ events, bytes }) => [events, bytes]), [[40, 400]]);
});

nodesTest("changed limits hold at the next event on the other relay", async ({ one, other }) => {
  assert.equal((await post(other, 1)).status, "stored");
  await one.changeLimits(SLOT, GRANT, { maxBytes: 15 });
  assert.equal((await post(other, 2)).status, "grant_full");
});

Deno.test("a slot of an older store is shared, as its token always was", async () => {
  const kv = await Deno.openKv(":memory:");
  await kv.set(["slot", SLOT], { token_hash: new Uint8Array(32), created_at: 1 });
  await kv.set(["head", SLOT], { next: 1, bytes: 0 });
  await using store = new KvSlotStore({
    kv,
    clock: new RealClock(),
    isShared: false,
    maxSlots: 1,
    maxSlotBytes: 1e9,
  });
  const found = await store.find(SLOT);
  assert.deepEqual([found?.class, found?.isRetired], ["shared", false]);
  assert.equal((await store.append(SLOT, { text: "1", id: undefined })).status, "stored");
});

Deno.test("P5: a grant that is revoked while its row is read is not taken for a good one", async () => {
  const real = await Deno.openKv(":memory:");
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  let isSlow = false;
  const kv = new Proxy(real, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (name !== "get") return value.bind(target);
      return async (key: Deno.KvKey) => {
        const row = await target.get(key);
        if (isSlow && key[0] === "grant") {
          isSlow = false;
          reached.resolve();
          await gate;
        }
        return row;
      };
    },
  });
  const clock = new RealClock();
  await using store = new KvSlotStore({ kv, clock, isShared: false, maxSlots: 1, maxSlotBytes: 9 });
  await store.create({ id: SLOT, tokenHash: new Uint8Array(32), createdAt: 0, class: "owner" });
  await store.createGrant(SLOT, {
    id: GRANT,
    tokenHash: TOKEN_HASH,
    label: null,
    createdAt: 0,
    limits: { maxEventBytes: 100, maxEventsPerHour: 10, maxBytes: MAX_BYTES, expiresAt: null },
  });
  isSlow = true;
  const reading = store.findGrant(SLOT, TOKEN_HASH);
  await reached.promise;
  await store.revokeGrant(SLOT, GRANT, 9);
  open();
  assert.equal((await reading)?.revokedAt, 9);
  assert.equal((await store.findGrant(SLOT, TOKEN_HASH))?.revokedAt, 9);
});

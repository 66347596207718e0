/** What every SlotStore does with grants and with slots that are retired. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { SlotId } from "../../protocol/ids.ts";
import {
  type GrantLimits,
  MAX_LIVE_GRANTS,
  MAX_REVOKED_GRANTS,
  type NewGrant,
} from "../../store/slots/grant.ts";
import type { Appended, SlotStore } from "../../store/slots/slot_store.ts";
import {
  hashId,
  isCode,
  listed,
  type OpenStore,
  OPTIONS,
  record,
  slotId,
  slotTests,
} from "./slot_world.ts";

const LIMITS: GrantLimits = {
  maxEventBytes: 1_000,
  maxEventsPerHour: 100,
  maxBytes: 100,
  expiresAt: null,
};

const tokenHash = (n: number): Uint8Array =>
  Uint8Array.from(createHash("sha256").update(`token ${n}`).digest());

const grantId = (n: number): string => n.toString(16).padStart(16, "0");

const grant = (n: number): NewGrant => ({
  id: grantId(n),
  tokenHash: tokenHash(n),
  label: `peer ${n}`,
  limits: LIMITS,
  createdAt: 1_000 + n,
});

/** An event of 10 bytes under grant 1. */
const post = (store: SlotStore, slot: SlotId, n: number, at: number = 5_000): Promise<Appended> =>
  store.append(slot, { text: `"${n}"`.padEnd(10), id: hashId(n) }, {
    grant: { id: grantId(1), at },
  });

export function grantContract(name: string, open: OpenStore): void {
  const test = slotTests(name, open, async ({ store }, id) => {
    assert.ok(await store.createGrant(id, grant(1)));
  });

  test("a slot keeps its class", async (opened, id) => {
    await opened.store.create({ ...record(slotId("other")), class: "shared" });
    await opened.restart();
    assert.equal((await opened.store.find(id))?.class, "owner");
    assert.equal((await opened.store.find(slotId("other")))?.class, "shared");
  });

  test("a grant is found by its token's hash in its own slot only", async (opened, id) => {
    const expected = { ...grant(1), lastUsedAt: null, events: 0, bytes: 0, revokedAt: null };
    await opened.store.create(record(slotId("other")));
    for (const restart of [false, true]) {
      if (restart) await opened.restart();
      const { store } = opened;
      assert.deepEqual(plain(await store.findGrant(id, tokenHash(1))), plain(expected));
      assert.equal(await store.findGrant(id, tokenHash(2)), undefined);
      assert.equal(await store.findGrant(slotId("other"), tokenHash(1)), undefined);
    }
    await assert.rejects(opened.store.createGrant(slotId("x"), grant(1)), isCode("not_found"));
  });

  test("grants are listed in order of creation", async ({ store }, id) => {
    await store.createGrant(id, { ...grant(3), createdAt: 7 });
    await store.createGrant(id, grant(2));
    const ids = (await store.grants(id)).map((row) => row.id);
    assert.deepEqual(ids, [grantId(3), grantId(1), grantId(2)]);
  });

  test("usage counts what was stored, not duplicates, and survives", async (opened, id) => {
    assert.equal((await post(opened.store, id, 1, 5_000)).status, "stored");
    assert.equal((await post(opened.store, id, 2, 6_000)).status, "stored");
    assert.equal((await post(opened.store, id, 2, 7_000)).status, "duplicate");
    await opened.store.append(id, { text: "by the owner", id: undefined });
    for (const restart of [false, true]) {
      if (restart) await opened.restart();
      const row = await opened.store.findGrant(id, tokenHash(1));
      assert.deepEqual([row?.events, row?.bytes, row?.lastUsedAt], [2, 20, 6_000]);
    }
  });

  test("P1: the grant's bytes are never exceeded, and freed by nothing", async (opened, id) => {
    const answers = await Promise.all(
      Array.from({ length: 15 }, (_, i) => post(opened.store, id, i)),
    );
    const full = answers.filter(({ status }) => status === "grant_full");
    assert.equal(answers.filter(({ status }) => status === "stored").length, 10);
    assert.equal(full.length, 5);
    assert.deepEqual(await opened.store.totals(id), { events: 10, bytes: 100 });
    await opened.restart();
    assert.deepEqual(await post(opened.store, id, 99), {
      status: "grant_full",
      bytesUsed: 100,
      maxBytes: 100,
    });
    await opened.store.changeLimits(id, grantId(1), { maxBytes: 110 });
    assert.equal((await post(opened.store, id, 99)).status, "stored");
  });

  test("duplicate comes before rate, rate before bytes, the grant's before the slot's", async (
    { store },
    id,
  ) => {
    const asked: number[] = [];
    const under = (n: number, rate: "free" | "used up"): Promise<Appended> =>
      store.append(id, { text: "x".repeat(60), id: hashId(n) }, {
        grant: { id: grantId(1), at: 1 },
        admit: () => {
          asked.push(n);
          return rate === "free";
        },
      });
    assert.equal((await under(1, "free")).status, "stored");
    assert.equal((await under(1, "used up")).status, "duplicate");
    assert.equal((await under(2, "used up")).status, "refused");
    assert.equal((await under(2, "free")).status, "grant_full");
    await store.changeLimits(id, grantId(1), { maxBytes: 1_000 });
    assert.equal((await under(2, "free")).status, "full");
    assert.deepEqual(asked, [1, 2, 2, 2]);
  }, { maxSlotBytes: 100 });

  test("P5: after a revocation nothing lands under the grant", async (opened, id) => {
    const posts = Array.from({ length: 8 }, (_, i) => post(opened.store, id, i));
    const [revoked] = await Promise.all([
      opened.store.revokeGrant(id, grantId(1), 9_000),
      ...posts,
    ]);
    assert.equal(revoked?.revokedAt, 9_000);
    const stored = (await Promise.all(posts)).filter(({ status }) => status === "stored").length;
    for (const restart of [false, true]) {
      if (restart) await opened.restart();
      assert.equal((await post(opened.store, id, 50)).status, "revoked");
      assert.equal((await opened.store.findGrant(id, tokenHash(1)))?.revokedAt, 9_000);
      assert.equal((await opened.store.totals(id)).events, stored);
    }
    const again = await opened.store.revokeGrant(id, grantId(1), 10_000);
    assert.deepEqual([again?.revokedAt, again?.events], [9_000, stored]);
    assert.deepEqual(await opened.store.changeLimits(id, grantId(1), { maxBytes: 1 }), {
      status: "revoked",
    });
  });

  test("revoking one leaves the others", async ({ store }, id) => {
    await store.createGrant(id, grant(2));
    await store.revokeGrant(id, grantId(2), 9_000);
    assert.equal((await post(store, id, 1)).status, "stored");
    assert.equal(await store.revokeGrant(id, grantId(3), 9_000), undefined);
    assert.deepEqual(await store.changeLimits(id, "", {}), { status: "unknown" });
  });

  test("limits are changed one by one", async (opened, id) => {
    await opened.store.changeLimits(id, grantId(1), { maxEventsPerHour: 7, expiresAt: 12_345 });
    await opened.restart();
    const limits = (await opened.store.findGrant(id, tokenHash(1)))?.limits;
    assert.deepEqual(limits, { ...LIMITS, maxEventsPerHour: 7, expiresAt: 12_345 });
  });

  test("nothing lands in a retired slot, whoever posts", async (opened, id) => {
    await opened.store.append(id, { text: "before", id: hashId(1) });
    const posts = Array.from({ length: 8 }, (_, i) => post(opened.store, id, i + 10));
    await Promise.all([opened.store.retire(id), ...posts]);
    const { events } = await opened.store.totals(id);
    for (const restart of [false, true]) {
      if (restart) await opened.restart();
      const { store } = opened;
      assert.ok((await store.find(id))?.isRetired);
      assert.equal((await post(store, id, 99)).status, "retired");
      assert.equal((await store.append(id, { text: "1", id: "a" })).status, "retired");
      assert.equal((await listed(store, id)).length, events);
      await store.retire(id);
    }
    await assert.rejects(opened.store.retire(slotId("x")), isCode("not_found"));
  });
}

/** Buffers of another kind, compared by their bytes. */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value ?? null, (_key, part: unknown) =>
      part instanceof Uint8Array ? part.toHex() : part),
  );

/** Five thousand rows: for one adapter at a time. */
export function grantCeilingContract(name: string, open: OpenStore): void {
  Deno.test(`${name}: lesson 49: grants have ceilings; the first revoked are forgotten`, async () => {
    await using opened = await open(OPTIONS);
    const { store } = opened;
    const id = slotId("main");
    await store.create(record(id));
    for (let n = 0; n < MAX_LIVE_GRANTS; n++) assert.ok(await store.createGrant(id, grant(n)));
    assert.ok(!await store.createGrant(id, grant(9_999)));
    for (let n = 0; n < MAX_REVOKED_GRANTS + 2; n++) {
      await store.revokeGrant(id, grantId(n), 10_000 + n);
      assert.ok(await store.createGrant(id, grant(n + MAX_LIVE_GRANTS)));
    }
    assert.ok(!await store.createGrant(id, grant(9_999)));
    const rows = await store.grants(id);
    assert.equal(rows.length, MAX_LIVE_GRANTS + MAX_REVOKED_GRANTS);
    assert.equal(rows[0]?.id, grantId(2));
    assert.equal(await store.findGrant(id, tokenHash(1)), undefined);
    assert.equal((await store.findGrant(id, tokenHash(2)))?.revokedAt, 10_002);
  });
}

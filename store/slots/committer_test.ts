/** Group commit under failures: what KV does is injected, what is stored is KV's own. */
import assert from "node:assert/strict";
import { WireError } from "../../protocol/errors.ts";
import { isSlotId, type SlotId } from "../../protocol/ids.ts";
import { RealClock } from "../../platform/real/clock.ts";
import { KvSlotStore } from "./kv_slot_store.ts";
import type { SlotStore } from "./slot_store.ts";

type Fate = "commits" | "fails before" | "fails after";

interface FaultyKv {
  readonly kv: Deno.Kv;
  /** Asked at each commit, with the number of its mutations. */
  fate: (mutations: number) => Fate;
  /** Mutations of each commit that was tried. */
  readonly commits: number[];
  /** A commit waits for it, if set. */
  gate: Promise<void> | undefined;
}

/** A real store in memory whose commits can be made to fail, before or after they are durable. */
function faulty(kv: Deno.Kv): FaultyKv {
  const state: FaultyKv = { kv, fate: () => "commits", commits: [], gate: undefined };
  const counted = (operation: Deno.AtomicOperation): Deno.AtomicOperation => {
    let mutations = 0;
    return new Proxy(operation, {
      get(target, name, proxy) {
        if (name === "commit") {
          return async () => {
            state.commits.push(mutations);
            await state.gate;
            const fate = state.fate(mutations);
            if (fate === "fails before") throw new Error("disk full");
            const result = await target.commit();
            if (fate === "fails after") throw new Error("connection lost");
            return result;
          };
        }
        const method = Reflect.get(target, name);
        if (typeof method !== "function") return method;
        return (...args: unknown[]) => {
          if (name !== "check") mutations++;
          Reflect.apply(method, target, args);
          return proxy;
        };
      },
    });
  };
  const proxy = new Proxy(kv, {
    get(target, name) {
      if (name === "atomic") return () => counted(target.atomic());
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return Object.assign(state, { kv: proxy });
}

function idOf(text: string): SlotId {
  const id = text.repeat(32).slice(0, 32);
  assert.ok(isSlotId(id));
  return id;
}

const ID = idOf("a");

async function withStore(
  body: (store: SlotStore, faults: FaultyKv) => Promise<void>,
): Promise<void> {
  const faults = faulty(await Deno.openKv(":memory:"));
  await using store = new KvSlotStore({
    kv: faults.kv,
    clock: new RealClock(),
    isShared: false,
    maxSlots: 200,
    maxSlotBytes: 1e9,
  });
  await store.create({ id: ID, tokenHash: new Uint8Array(32), createdAt: 0, class: "shared" });
  faults.commits.length = 0;
  await body(store, faults);
}

async function texts(store: SlotStore, id: SlotId = ID): Promise<string[]> {
  const found: string[] = [];
  for await (
    const bodies of await store.list(id, { since: undefined, limit: 1e6, maxBytes: 1e9 })
  ) {
    found.push(...bodies.map((body) => new TextDecoder().decode(body)));
  }
  return found;
}

const append = (store: SlotStore, n: number, id: SlotId = ID) =>
  store.append(id, { text: `${n}`, id: `e${n}` });

Deno.test("committer: what arrives during a commit goes into the next one together", async () => {
  await withStore(async (store, faults) => {
    await append(store, 0);
    await Promise.all(Array.from({ length: 50 }, (_, n) => append(store, n + 1)));
    assert.ok(faults.commits.length <= 3, `${faults.commits.length} commits for 51 events`);
    assert.equal((await texts(store)).length, 51);
  });
});

Deno.test("committer: a commit keeps within 400 mutations and 100 checks, whatever waits", async () => {
  await withStore(async (store, faults) => {
    const slots = Array.from({ length: 150 }, (_, n) => idOf(n.toString(16).padStart(2, "0")));
    for (const id of slots) {
      if (id !== ID) {
        await store.create({ id, tokenHash: new Uint8Array(32), createdAt: 0, class: "shared" });
      }
    }
    faults.commits.length = 0;
    for (let round = 0; round < 4; round++) {
      await Promise.all(slots.map((id) => append(store, round, id)));
    }
    assert.ok(faults.commits.every((mutations) => mutations <= 400));
    assert.deepEqual(await texts(store, slots[149]), ["0", "1", "2", "3"]);
  });
});

Deno.test("committer: only what cannot be stored is refused", async () => {
  await withStore(async (store, faults) => {
    const poison = idOf("b");
    await store.create({
      id: poison,
      tokenHash: new Uint8Array(32),
      createdAt: 0,
      class: "shared",
    });
    await append(store, 0);
    let failures = 0;
    faults.fate = (mutations) => mutations > 3 && failures++ < 3 ? "fails before" : "commits";
    const answers = await Promise.all([
      ...Array.from({ length: 8 }, (_, n) => append(store, n + 1)),
      append(store, 1, poison),
    ]);
    assert.ok(answers.every(({ status }) => status === "stored"));
    assert.equal((await texts(store)).length, 9);
  });
});

Deno.test("P1: a full disk is an error for each, stores nothing, and passes", async () => {
  await withStore(async (store, faults) => {
    faults.fate = () => "fails before";
    const answers = await Promise.allSettled([1, 2, 3].map((n) => append(store, n)));
    for (const answer of answers) {
      assert.ok(answer.status === "rejected" && answer.reason instanceof WireError);
      assert.equal(answer.reason.code, "write_failed");
      assert.match(answer.reason.message, /disk full/);
    }
    faults.fate = () => "commits";
    assert.deepEqual(await texts(store), []);
    assert.deepEqual(await append(store, 1), { status: "stored", seq: 1 });
  });
});

Deno.test("P1: a commit whose answer is lost stores nothing twice", async () => {
  await withStore(async (store, faults) => {
    await append(store, 0);
    let lost = 0;
    faults.fate = () => lost++ === 0 ? "fails after" : "commits";
    const answers = await Promise.all([1, 2, 3].map((n) => append(store, n)));
    assert.ok(answers.every(({ status }) => status === "stored" || status === "duplicate"));
    assert.deepEqual(await texts(store), ["0", "1", "2", "3"]);
  });
});

Deno.test("P1: a duplicate of an event in flight is answered after its commit, not before", async () => {
  await withStore(async (store, faults) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    faults.gate = promise;
    const order: string[] = [];
    const first = append(store, 1).then(({ status }) => order.push(`first ${status}`));
    const second = append(store, 1).then(({ status }) => order.push(`second ${status}`));
    await new Promise((done) => setTimeout(done, 0));
    assert.deepEqual(order, []);
    resolve();
    await Promise.all([first, second]);
    assert.deepEqual(order, ["first stored", "second duplicate"]);
  });
});

Deno.test("P1: when the event in flight fails, its duplicate is stored instead", async () => {
  await withStore(async (store, faults) => {
    let failures = 0;
    faults.fate = () => failures++ === 0 ? "fails before" : "commits";
    const [first, second] = await Promise.allSettled([append(store, 1), append(store, 1)]);
    assert.equal(first.status, "rejected");
    assert.ok(second.status === "fulfilled" && second.value.status === "stored");
    assert.deepEqual(await texts(store), ["1"]);
  });
});

Deno.test("P1: two processes that write to one slot store each event once, in one order", async () => {
  const directory = await Deno.makeTempDir({ prefix: "wire-shared-" });
  const open = async () =>
    new KvSlotStore({
      kv: await Deno.openKv(`${directory}/kv`),
      clock: new RealClock(),
      isShared: true,
      maxSlots: 10,
      maxSlotBytes: 1e9,
    });
  {
    await using one = await open();
    await using other = await open();
    await one.create({ id: ID, tokenHash: new Uint8Array(32), createdAt: 0, class: "shared" });
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, n) => append(n % 2 === 0 ? one : other, n >> 1)),
    );
    assert.equal(answers.filter(({ status }) => status === "stored").length, 30);
    const list = await texts(one);
    assert.deepEqual(list, await texts(other));
    assert.deepEqual(
      list.map(Number).sort((a, b) => a - b),
      Array.from({ length: 30 }, (_, n) => n),
    );
  }
  await Deno.remove(directory, { recursive: true });
});

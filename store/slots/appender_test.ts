/** Batches of appends where commits fail: one answer for each event, and no event twice. */
import assert from "node:assert/strict";
import { RealClock } from "../../platform/real/clock.ts";
import { WireError } from "../../protocol/errors.ts";
import { isSlotId, type SlotId } from "../../protocol/ids.ts";
import { KvSlotStore } from "./kv_slot_store.ts";
import type { AppendedOfMany, Entry } from "./slot_store.ts";

function idOf(text: string): SlotId {
  const id = text.repeat(32).slice(0, 32);
  assert.ok(isSlotId(id));
  return id;
}

const ID = idOf("a");
const event = (n: number) => ({ text: `${n}`, id: `e${n}` });

interface World extends AsyncDisposable {
  readonly store: KvSlotStore;
  /** Asked at each commit, with the values it writes. */
  failsAt: (written: string) => boolean;
  gate: Promise<void> | undefined;
  readonly heard: Entry[];
}

/** A store in memory whose commits can be made to fail before anything is written. */
async function world(): Promise<World> {
  const kv = await Deno.openKv(":memory:");
  const seen = (value: unknown): string =>
    value instanceof Uint8Array ? new TextDecoder("latin1").decode(value) : "";
  const counted = (operation: Deno.AtomicOperation): Deno.AtomicOperation => {
    let written = "";
    const proxy: Deno.AtomicOperation = new Proxy(operation, {
      get(target, name) {
        if (name === "commit") {
          return async () => {
            await made.gate;
            // A commit takes longer than what its answer sets going.
            await new Promise((resolve) => setTimeout(resolve));
            if (made.failsAt(written)) throw new Error("disk full");
            return await target.commit();
          };
        }
        const method = Reflect.get(target, name);
        if (typeof method !== "function") return method;
        return (...args: unknown[]) => {
          if (name === "set") written += seen(args[1]);
          Reflect.apply(method, target, args);
          return proxy;
        };
      },
    });
    return proxy;
  };
  const faulty = new Proxy(kv, {
    get(target, name) {
      if (name === "atomic") return () => counted(target.atomic());
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const store = new KvSlotStore({
    kv: faulty,
    clock: new RealClock(),
    isShared: false,
    maxSlots: 10,
    maxSlotBytes: 1e9,
  });
  const made: World = {
    store,
    failsAt: () => false,
    gate: undefined,
    heard: [],
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
  store.listen((_slot, entries) => void made.heard.push(...entries));
  await store.create({ id: ID, tokenHash: new Uint8Array(32), createdAt: 0, class: "owner" });
  return made;
}

const statuses = (answers: readonly AppendedOfMany[]): string[] =>
  answers.map(({ status }) => status);

Deno.test("P1: appender: an event that cannot be stored is told alone, the rest of its batch is there", async () => {
  await using w = await world();
  const poison = { text: '"poison"', id: "p" };
  w.failsAt = (written) => written.includes("poison");
  const answers = await w.store.appendAll(ID, [event(1), poison, event(2), poison]);
  assert.deepEqual(statuses(answers), ["stored", "failed", "stored", "failed"]);
  const [, failed] = answers;
  assert.ok(failed?.status === "failed" && failed.error instanceof WireError);
  assert.equal(failed.error.code, "write_failed");
  w.failsAt = () => false;
  assert.deepEqual(await w.store.appendAll(ID, [poison]), [{ status: "stored", seq: 3 }]);
  const { entries } = await w.store.entries(ID, { after: 0, limit: 10, maxBytes: 1e6 });
  const texts = entries.map(({ bytes }) => new TextDecoder().decode(bytes));
  assert.deepEqual(texts, ["1", "2", '"poison"']);
  assert.deepEqual(w.heard.map(({ seq }) => seq), [1, 2, 3], "only what is there is told");
});

Deno.test("P1: appender: an equal event waits for the one on its way, and is stored if that fails", async () => {
  await using w = await world();
  const { promise, resolve } = Promise.withResolvers<void>();
  w.gate = promise;
  const equal = { text: '"equal"', id: "equal" };
  w.failsAt = (written) => written.includes("equal");
  const first = w.store.appendAll(ID, [equal]).finally(() => w.failsAt = () => false);
  const second = w.store.appendAll(ID, [equal, event(2)]);
  resolve();
  const [a, b] = await Promise.all([first, second]);
  assert.deepEqual(statuses(a), ["failed"]);
  assert.deepEqual(statuses(b), ["stored", "stored"]);
  assert.equal(await w.store.head(ID), 2);
});

Deno.test("appender: what a batch reserved is given back, whatever became of it", async () => {
  await using w = await world();
  w.failsAt = () => true;
  const large = { text: `"${"x".repeat(1_000)}"`, id: "large" };
  for (let n = 0; n < 5; n++) {
    assert.deepEqual(statuses(await w.store.appendAll(ID, [large, large])), ["failed", "failed"]);
  }
  w.failsAt = () => false;
  assert.deepEqual(statuses(await w.store.appendAll(ID, [large])), ["stored"]);
  assert.deepEqual(await w.store.totals(ID), { events: 1, bytes: 1_002 });
});

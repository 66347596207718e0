import assert from "node:assert/strict";
import { FakeClock } from "../../platform/fake/clock.ts";
import { FakeLog } from "../../platform/fake/log.ts";
import { PAIRING_SHARD, wake, wakeKey } from "./wake.ts";
import { WakeWatcher } from "./wake_watcher.ts";

/** Wakes as they come; `until` resolves once the shard was woken after the call. */
class Woken {
  readonly shards: number[] = [];
  #waiting = new Map<number, () => void>();

  take(shards: ReadonlySet<number>): void {
    for (const shard of shards) {
      this.shards.push(shard);
      this.#waiting.get(shard)?.();
    }
  }

  until(shard: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.set(shard, resolve);
    return promise;
  }
}

/** A store whose watch can be made deaf, as a connection that died without a word. */
async function world({ isDeaf }: { readonly isDeaf: boolean }) {
  const clock = new FakeClock();
  const writer = await Deno.openKv(":memory:");
  const woken = new Woken();
  const kv = isDeaf ? deaf(writer) : writer;
  const first = woken.until(PAIRING_SHARD);
  const watcher = new WakeWatcher({
    kv,
    clock,
    log: new FakeLog(),
    onWake: (shards) => woken.take(shards),
  });
  if (!isDeaf) await first;
  return { clock, writer, woken, watcher };
}

const deaf = (kv: Deno.Kv): Deno.Kv =>
  new Proxy(kv, {
    get(target, name) {
      if (name === "watch") return () => new ReadableStream();
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });

Deno.test("wakes: a commit that sets a shard's key wakes it, and no other", async () => {
  const { writer, woken, watcher } = await world({ isDeaf: false });
  await using _ = watcher;
  woken.shards.length = 0;
  for (const shard of [3, PAIRING_SHARD]) {
    const heard = woken.until(shard);
    await wake(writer.atomic().set(["x"], 1), shard).commit();
    await heard;
  }
  assert.deepEqual(woken.shards, [3, PAIRING_SHARD]);
});

Deno.test("wakes: where the watch is silent, a look every two seconds finds the same", async () => {
  const { clock, writer, woken, watcher } = await world({ isDeaf: true });
  await using _ = watcher;
  const all = woken.until(PAIRING_SHARD);
  await clock.advance(2_000);
  await all;
  woken.shards.length = 0;
  const heard = woken.until(5);
  await writer.set(wakeKey(5), 1);
  await clock.advance(2_000);
  await heard;
  assert.deepEqual(woken.shards, [5]);
});

/** The slot store's contract, held by each adapter. */
import path from "node:path";
import { RealClock } from "../../platform/real/clock.ts";
import { KvSlotStore } from "../../store/slots/kv_slot_store.ts";
import { MemorySlotStore } from "../../store/slots/memory_slot_store.ts";
import { openKv } from "../../store/slots/open_kv.ts";
import { slotStoreContract } from "./slot_store_contract.ts";

slotStoreContract("memory", (options) => {
  const store = new MemorySlotStore(options);
  // Its memory is all it has: a restart is nothing.
  return Promise.resolve({
    store,
    restart: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  });
});

for (
  const [name, isShared, maxLogBytes] of [
    ["kv", false, undefined],
    ["kv shared with others, hardly any memory", true, 1],
  ] as const
) {
  slotStoreContract(name, async (options) => {
    const directory = await Deno.makeTempDir({ prefix: "wire-slots-" });
    const open = async () => {
      const kv = await openKv({
        place: path.join(directory, "relay.kv"),
        name: directory,
        mustExist: false,
        isChecked: true,
      });
      return new KvSlotStore({
        ...options,
        kv,
        clock: new RealClock(),
        isShared,
        ...(maxLogBytes === undefined ? {} : { maxLogBytes }),
      });
    };
    let store = await open();
    return {
      get store() {
        return store;
      },
      async restart() {
        await store[Symbol.asyncDispose]();
        store = await open();
      },
      async [Symbol.asyncDispose]() {
        await store[Symbol.asyncDispose]();
        await Deno.remove(directory, { recursive: true });
      },
    };
  });
}

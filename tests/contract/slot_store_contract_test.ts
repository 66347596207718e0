/** The slot store's contract, held by each adapter. */
import path from "node:path";
import { KvSlotStore } from "../../store/slots/kv_slot_store.ts";
import { MemorySlotStore } from "../../store/slots/memory_slot_store.ts";
import { openKv } from "../../store/slots/open_kv.ts";
import { grantCeilingContract, grantContract } from "./grant_contract.ts";
import { intakeContract } from "./intake_contract.ts";
import { retentionContract } from "./retention_contract.ts";
import { logContract } from "./log_contract.ts";
import { slotStoreContract } from "./slot_store_contract.ts";
import { type OpenStore, ShiftedClock } from "./slot_world.ts";

function contract(name: string, open: OpenStore): void {
  slotStoreContract(name, open);
  grantContract(name, open);
  intakeContract(name, open);
  retentionContract(name, open);
  logContract(name, open);
}

const openMemory: OpenStore = (options) => {
  const clock = new ShiftedClock();
  const store = new MemorySlotStore({ ...options, clock });
  // Its memory is all it has: a restart is nothing.
  return Promise.resolve({
    store,
    clock,
    restart: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  });
};

contract("memory", openMemory);
grantCeilingContract("memory", openMemory);
grantCeilingContract("kv", async (options) => {
  const clock = new ShiftedClock();
  const kv = await Deno.openKv(":memory:");
  const store = new KvSlotStore({ ...options, kv, clock, isShared: false });
  return {
    store,
    clock,
    restart: () => Promise.reject(new Error("its file is gone with it")),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
});

for (
  const [name, isShared, maxLogBytes] of [
    ["kv", false, undefined],
    ["kv shared with others, hardly any memory", true, 1],
  ] as const
) {
  contract(name, async (options) => {
    const directory = await Deno.makeTempDir({ prefix: "wire-slots-" });
    const clock = new ShiftedClock();
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
        clock,
        isShared,
        ...(maxLogBytes === undefined ? {} : { maxLogBytes }),
      });
    };
    let store = await open();
    return {
      clock,
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

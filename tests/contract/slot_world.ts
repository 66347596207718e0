/** What the contracts of slot stores share: a store that a test may restart, and what is put into it. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { RealClock } from "../../platform/real/clock.ts";
import { WireError } from "../../protocol/errors.ts";
import { type EpochMs, isSlotId, type SlotId } from "../../protocol/ids.ts";
import type { SlotRecord, SlotStore, SlotStoreOptions } from "../../store/slots/slot_store.ts";

/** A store that a test may restart: close it and open what it left. */
export interface OpenedStore extends AsyncDisposable {
  readonly store: SlotStore;
  readonly clock: ShiftedClock;
  restart(): Promise<void>;
}

/** The real clock, moved on by the test. */
export class ShiftedClock extends RealClock {
  shiftMs = 0;

  override now(): EpochMs {
    return super.now() + this.shiftMs;
  }

  override monotonic(): number {
    return super.monotonic() + this.shiftMs;
  }
}

export type OpenStore = (options: SlotStoreOptions) => Promise<OpenedStore>;

export const OPTIONS: SlotStoreOptions = { maxSlots: 100, maxSlotBytes: 64 * 1024 * 1024 };
const DECODER = new TextDecoder();

export function slotId(text: string): SlotId {
  const id = createHash("sha256").update(text).digest("hex").slice(0, 32);
  if (!isSlotId(id)) throw new Error("not a slot id");
  return id;
}

export const digestOf = (text: string): string =>
  createHash("sha256").update(text).digest("hex").slice(0, 32);

export const hashId = (n: number): string => createHash("sha256").update(`id ${n}`).digest("hex");

export const record = (id: SlotId): SlotRecord => ({
  id,
  tokenHash: new Uint8Array(32).fill(7),
  createdAt: 1_700_000_000_000,
  class: "owner",
});

export async function listed(
  store: SlotStore,
  id: SlotId,
  since?: string,
  limit: number = 1000,
  maxBytes: number = 16 * 1024 * 1024,
): Promise<string[]> {
  const texts: string[] = [];
  for await (const bodies of await store.list(id, { since, limit, maxBytes })) {
    texts.push(...bodies.map((body) => DECODER.decode(body)));
  }
  return texts;
}

export const isCode = (code: string): (error: unknown) => boolean => (error) =>
  error instanceof WireError && error.code === code;

/** One mailbox, and where it lies. */
export type SlotTest = (opened: OpenedStore, id: SlotId) => Promise<void>;

/** Registers tests of one contract, each on a fresh store with one mailbox. */
export type RegisterSlotTest = (
  what: string,
  body: SlotTest,
  options?: Partial<SlotStoreOptions>,
) => void;

/** @param prepare adds to the mailbox what every test of the contract needs */
export function slotTests(
  name: string,
  open: OpenStore,
  prepare: SlotTest = () => Promise.resolve(),
): RegisterSlotTest {
  return (what, body, options = {}) =>
    Deno.test(`${name}: ${what}`, async () => {
      await using opened = await open({ ...OPTIONS, ...options });
      const id = slotId("main");
      assert.ok(await opened.store.create(record(id)));
      await prepare(opened, id);
      await body(opened, id);
    });
}

/** The mailboxes that are open on one connection, and what is still being stored of them. */
import type { EventId, SlotId, SlotToken } from "../../protocol/ids.ts";
import type { ArrivalFrame } from "./socket_frames.ts";
import { SocketSlot, type SocketSlotPort, type TakeEvents } from "./socket_slot.ts";
import { RelayStatusError } from "./status_error.ts";

export interface SlotOpening {
  readonly token: SlotToken;
  /** Exclusive; undefined: from the beginning. */
  readonly since: EventId | undefined;
  readonly take: TakeEvents;
  /** Everything that was there has been handed on. */
  onLive?(): void;
  /** The relay ends this mailbox and not the connection: it is retired, say. */
  onClosed(error: RelayStatusError): void;
}

export class SocketSlots {
  readonly #open = new Map<string, { readonly slot: SocketSlot; readonly opening: SlotOpening }>();
  /** Every mailbox that was open here: one may still be storing when it is closed. */
  readonly #stores = new Set<SocketSlot>();

  /** The relay has opened it: what comes from now on is taken. */
  opened(slotId: SlotId, opening: SlotOpening, port: Omit<SocketSlotPort, "take">): void {
    const slot = new SocketSlot({ ...port, take: opening.take });
    this.#open.set(slotId, { slot, opening });
    this.#stores.add(slot);
  }

  /**
   * @param length of the frame's text
   * @returns false if that mailbox is not open here
   * @throws {RangeError} what the relay may not send
   */
  arrive(frame: ArrivalFrame, length: number): boolean {
    const open = this.#open.get(frame.slot);
    open?.slot.arrive(frame, length);
    return open !== undefined;
  }

  /** Everything that was there has come; some of it may still be being stored. */
  live(slotId: string): void {
    const open = this.#open.get(slotId);
    if (open !== undefined) void open.slot.settled().then(() => open.opening.onLive?.());
  }

  /** Nothing more is taken of it. @returns undefined if it is not open here */
  forget(slotId: string): SocketSlot | undefined {
    const open = this.#open.get(slotId);
    this.#open.delete(slotId);
    open?.slot.drop();
    return open?.slot;
  }

  /** The relay has ended it. @returns false if it is not open here */
  end(slotId: string, http: number, said: string): boolean {
    const opening = this.#open.get(slotId)?.opening;
    const slot = this.forget(slotId);
    if (slot === undefined || opening === undefined) return false;
    const error = new RelayStatusError("event_stream", http, { said });
    void slot.settled().then(() => opening.onClosed(error));
    return true;
  }

  /** What came and is not being stored yet comes again another time. */
  drop(): void {
    for (const slot of this.#stores) slot.drop();
  }

  /** Resolves when nothing that came is being stored. */
  async settled(): Promise<void> {
    await Promise.all([...this.#stores].map((slot) => slot.settled()));
  }
}

/**
 * The relay's signed word that an event is stored, for those who ask: docs/protocol/receipts.md. What
 * goes wrong here never decides whether mail is taken.
 */
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import { digestOf } from "../protocol/event/event.ts";
import type { KeyPair } from "../protocol/identity/keys.ts";
import { isEventId, type RelayUrl, type SlotId } from "../protocol/ids.ts";
import { makeReceipt, receiptAsked, relayKeyText, type RelayReceipt } from "../protocol/receipt.ts";
import type { RelayKey } from "../store/relay_key/relay_key.ts";
import type { AppendedOfMany, NewEvent } from "../store/slots/slot_store.ts";

export interface ReceiptsDeps {
  readonly key: RelayKey;
  readonly clock: Clock;
  readonly log: Log;
}

/** Signs receipts for the events of one mailbox. @returns undefined where there is nothing to say */
export type SignReceipt = (event: NewEvent, appended: AppendedOfMany) => RelayReceipt | undefined;

/** Members of an answer. */
export interface WithReceipt {
  readonly receipt?: RelayReceipt;
}

export class Receipts {
  readonly #deps: ReceiptsDeps;

  constructor(deps: ReceiptsDeps) {
    this.#deps = deps;
  }

  /** As `GET /v1/relay` shows it. @throws {WireError} unreadable, write_failed */
  async keyText(): Promise<string> {
    return relayKeyText((await this.#deps.key.load()).publicKey);
  }

  /**
   * To be called once the events are stored.
   * @param asked what the sender said
   * @returns undefined if it does not ask for receipts, or none can be given now
   */
  async signer(asked: string | null | undefined, slotId: SlotId): Promise<SignReceipt | undefined> {
    const relay = receiptAsked(asked);
    if (relay === undefined) return undefined;
    let keys: KeyPair;
    try {
      keys = await this.#deps.key.load();
    } catch (error) {
      this.#deps.log.error("cannot sign receipts", { error: String(error) });
      return undefined;
    }
    const at = this.#deps.clock.timestamp();
    return (event, appended) => this.#sign({ relay, slotId, at, keys }, event, appended);
  }

  #sign(
    { relay, slotId, at, keys }: Signing,
    { id, text }: NewEvent,
    appended: AppendedOfMany,
  ): RelayReceipt | undefined {
    if (!isEventId(id)) return undefined;
    const isThere = appended.status === "stored" ||
      (appended.status === "duplicate" && appended.digest === digestOf(text));
    return isThere ? makeReceipt({ relay, slotId, eventId: id }, at, keys) : undefined;
  }
}

interface Signing {
  readonly relay: RelayUrl;
  readonly slotId: SlotId;
  readonly at: string;
  readonly keys: KeyPair;
}

const NONE: WithReceipt = {};

export const withReceipt = (receipt: RelayReceipt | undefined): WithReceipt =>
  receipt === undefined ? NONE : { receipt };

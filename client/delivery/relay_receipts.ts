/**
 * Receipts that relays sign: asked for where they are announced, and checked with the key that was
 * pinned at the first of them. Another key stops us, aloud: what answers there may be somebody else.
 * See docs/protocol/receipts.md and docs/protocol/extensions.md §5.
 */
import { WireError } from "../../protocol/errors.ts";
import type { EventId, RelayUrl } from "../../protocol/ids.ts";
import {
  checkReceipt,
  parseRelayKey,
  type RelayReceipt,
  type StoredEvent,
} from "../../protocol/receipt.ts";
import { visible } from "../../protocol/text/visible.ts";
import { readRelayFeatures } from "../../store/home/relay_features.ts";
import { readRelayKey, writeRelayKey } from "../../store/home/relay_keys.ts";
import type { ClientContext } from "../context.ts";
import { featuresOf } from "../relay/features.ts";
import type { Route } from "../sync/routes.ts";
import { unlessAborted } from "../sync/unless_aborted.ts";

const FEATURE = "receipts";

export class RelayReceipts {
  readonly #context: ClientContext;
  readonly #announced = new Map<RelayUrl, boolean>();
  readonly #keys = new Map<RelayUrl, Uint8Array>();
  readonly #told = new Set<RelayUrl>();

  constructor(context: ClientContext) {
    this.#context = context;
  }

  /**
   * Whether receipts are to be asked for there. One that does not say now is as it was before.
   * @throws {WireError} feature_lost; unreachable; locked, unreadable, write_failed; the signal's reason
   */
  async areGivenBy(relayUrl: RelayUrl, signal: AbortSignal): Promise<boolean> {
    const known = this.#announced.get(relayUrl);
    if (known !== undefined) return known;
    try {
      const asked = featuresOf(this.#context, relayUrl);
      const isAnnounced = (await unlessAborted(asked, signal)).has(FEATURE);
      this.#announced.set(relayUrl, isAnnounced);
      return isAnnounced;
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      // Nor would it take a message now; in the words of whoever posts.
      if (error.code === "unreachable") throw error.cause ?? error;
      if (!UNSAID.has(error.code)) throw error;
      return (await readRelayFeatures(this.#context.home, relayUrl)).includes(FEATURE);
    }
  }

  /**
   * @param value what came in the answer, of any shape
   * @throws {WireError} not_verified, naming what to do; feature_lost; unreachable, relay_status,
   * relay_garbage: the key is not known yet; locked, unreadable, write_failed
   */
  async check(
    { relayUrl, slotId }: Route,
    eventId: EventId,
    value: unknown,
  ): Promise<RelayReceipt> {
    if (value === undefined) {
      this.#announced.delete(relayUrl); // asked again before the next one
      await featuresOf(this.#context, relayUrl);
      throw refused(relayUrl, "it gave none");
    }
    const event = { relay: relayUrl, slotId, eventId };
    const verdict = checkReceipt(value, event, await this.#key(relayUrl));
    if (verdict.ok) return verdict.receipt;
    if (verdict.reason === "bad_signature") await this.#explain(relayUrl, event, value);
    throw refused(relayUrl, REASONS[verdict.reason]);
  }

  async #key(relayUrl: RelayUrl): Promise<Uint8Array> {
    const known = this.#keys.get(relayUrl);
    if (known !== undefined) return known;
    const { home } = this.#context;
    let text = await readRelayKey(home, relayUrl);
    if (text === undefined) {
      text = await this.#shownKey(relayUrl);
      if (parseRelayKey(text) === undefined) throw refused(relayUrl, "it shows no usable key");
      await writeRelayKey(home, relayUrl, text);
    }
    const key = parseRelayKey(text);
    if (key === undefined) throw refused(relayUrl, "relay-keys.json holds no usable key for it");
    this.#keys.set(relayUrl, key);
    return key;
  }

  async #shownKey(relayUrl: RelayUrl): Promise<string> {
    return (await this.#context.relay(relayUrl).info()).relay_key ?? "";
  }

  /** @throws {WireError} not_verified, if the relay has another key now, which it did sign with */
  async #explain(relayUrl: RelayUrl, event: StoredEvent, value: unknown): Promise<void> {
    const shown = parseRelayKey(await this.#shownKey(relayUrl));
    this.#keys.delete(relayUrl); // the operator may have accepted it
    if (shown === undefined || !checkReceipt(value, event, shown).ok) return;
    const changed = refused(relayUrl, "it signs with another key than before");
    if (!this.#told.has(relayUrl)) this.#context.warn(visible(changed.message));
    this.#told.add(relayUrl);
    throw changed;
  }
}

/** Nobody knows what the relay has, then. */
const UNSAID: ReadonlySet<string> = new Set(["relay_status", "relay_garbage"]);

const REASONS = {
  not_a_receipt: "it is none",
  other_event: "it is about something else",
  bad_signature: "its signature is not that of the relay",
} as const;

const refused = (relayUrl: RelayUrl, why: string): WireError =>
  new WireError("not_verified", `Cannot take the receipt of ${relayUrl}: ${why}`, {
    hint: "ask its operator: another program, or somebody between you and it?\n" +
      `to go on with what it is now: wire bind-relay ${relayUrl} --accept-lost-features`,
  });

/**
 * A third party with an identity of her own, who knows the nicks, codes' numbers and mailboxes of
 * the two, and whose mail the network shows to whom she likes.
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { ACK, DROP, mailboxBody, type MainEndpoint } from "../../protocol/drop/drop.ts";
import { buildEvent, parseEvent, signEvent } from "../../protocol/event/event.ts";
import { makeCard } from "../../protocol/identity/card.ts";
import { makeDid } from "../../protocol/identity/did.ts";
import { keyId, type KeyPair, keyPairFromSeed } from "../../protocol/identity/keys.ts";
import { printJson } from "../../protocol/json/print.ts";
import { type JsonObject, withMembers } from "../../protocol/json/value.ts";
import { HEARTBEAT_TYPE } from "../../protocol/pair2/heartbeat.ts";
import { bytesFor } from "../pair2/adversary.ts";
import type { RelayWorld } from "../relay/relay_world.ts";
import { RELAY } from "../pair2/pair2_world.ts";
import { isSlotId, isSlotToken, parseRelayUrl } from "../../protocol/ids.ts";
import type { Side } from "./side.ts";

export const DEEDS = [
  "asks as herself",
  "asks as the other",
  "asks with a nonce",
  "acks as herself",
  "acks in the other's name",
  "speaks in the other's name",
  "introduces herself",
  "takes the other's place",
  "abandons",
  "joins",
] as const;
export type Deed = typeof DEEDS[number];

export class Mallory {
  readonly keys: KeyPair = keyPairFromSeed(bytesFor("mallory", 32));
  readonly #relay: RelayWorld;
  #count = 0;

  constructor(relay: RelayWorld) {
    this.#relay = relay;
  }

  /** @returns an event to be shown in the victim's mailbox */
  async does(
    deed: Deed,
    { victim, other, code }: { victim: Side; other: Side; code: string | undefined },
  ): Promise<string | undefined> {
    switch (deed) {
      case "asks as herself":
        return this.#drop(victim, "mallory");
      case "asks as the other":
        return this.#drop(victim, other.name);
      case "asks with a nonce":
        return this.#drop(victim, other.name, { pair_nonce: "ab".repeat(32) });
      case "acks as herself":
        return this.#event(victim, makeDid("mallory", this.keys.publicKey), ACK, this.#mailbox());
      case "acks in the other's name":
        return await this.#forged(victim, other, { ...ACK, body: this.#mailbox() });
      case "speaks in the other's name":
        // Any verified event of a held key completes a pairing of the form pair/2.
        return await this.#forged(victim, other, { type: HEARTBEAT_TYPE, kind: 100, body: {} });
      case "introduces herself":
        return await this.#introduce(victim, other);
      case "takes the other's place":
        return await this.#open(await codeHash(victim), "guest");
      case "abandons":
        return await this.#abandon(await codeHash(victim));
      case "joins":
        return await this.#join(code);
    }
  }

  #mailbox() {
    return mailboxBody([endpoint]);
  }

  #drop(victim: Side, name: string, more: Record<string, string> = {}): string {
    const card = makeCard({ handle: name, keys: this.keys });
    const did = makeDid(name, this.keys.publicKey);
    return this.#event(victim, did, DROP, { ...mailboxBody([endpoint], card), ...more });
  }

  #event(
    victim: Side,
    from: string,
    about: { readonly type: string; readonly kind: number },
    body: JsonObject,
  ): string {
    const timestamp = `2026-11-21T05:00:00.${String(++this.#count).padStart(3, "0")}Z`;
    const event = buildEvent({ from, to: victim.agent.did, ...about, body, timestamp });
    return signEvent(event, { did: from, keys: this.keys }).text;
  }

  /** Names the other's key, as its own events do: only the signature gives it away. */
  async #forged(
    victim: Side,
    other: Side,
    { body, ...about }: { readonly type: string; readonly kind: number; readonly body: JsonObject },
  ): Promise<string> {
    const { keys, did } = await other.agent.context().home.readIdentity();
    const { value } = parseEvent(this.#event(victim, did, about, body));
    const public_key_id = keyId(other.name, keys.publicKey);
    return parseEvent(printJson(withMembers(value, { public_key_id }))).text;
  }

  async #introduce(victim: Side, other: Side): Promise<undefined> {
    const body = `{"event":${this.#drop(victim, other.name)}}`;
    await this.#relay.call(`/v1/handle/intro/${victim.name}`, { body, from: "198.51.100.1" });
  }

  async #open(hash: string, role: string): Promise<undefined> {
    const point = ed25519.Point.BASE.multiply(BigInt(++this.#count + 1)).toBytes();
    const msg = Uint8Array.of(0x53, ...point).toBase64();
    const body = { code_hash: hash, msg, role };
    await this.#relay.call("/v1/pair", { body, from: "198.51.100.1" });
  }

  async #abandon(hash: string): Promise<undefined> {
    const body = { code_hash: hash };
    await this.#relay.call("/v1/pair/abandon", { body, from: "198.51.100.1" });
  }

  async #join(code: string | undefined): Promise<undefined> {
    const claim = bytesFor(`claim ${++this.#count}`, 16).toHex();
    const path = `/v1/pair2/${code?.split("-")[0] ?? "0000"}`;
    await this.#relay.call(path, { body: { claim }, from: "198.51.100.1" });
  }
}

const endpoint: MainEndpoint = (() => {
  const [relay_url, slot_id, slot_token] = [parseRelayUrl(RELAY), "e".repeat(32), "e".repeat(64)];
  if (relay_url === undefined || !isSlotId(slot_id) || !isSlotToken(slot_token)) {
    throw new TypeError("a mailbox of hers");
  }
  return { relay_url, slot_id, slot_token, scope: "federation" };
})();

/** Whoever watches the relay knows it. */
async function codeHash(victim: Side): Promise<string> {
  const listed = (await victim.pairings()).find(({ code_hash }) => code_hash !== null);
  return listed?.code_hash ?? "0".repeat(64);
}

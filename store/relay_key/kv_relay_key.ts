/**
 * The relay's key in Deno KV, on the handle that the slots use; one for all relays on that store.
 *
 *     ["relay", "key"]                    the seed: a secret, and the only one in the store
 */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { KEY_BYTES, type KeyPair, keyPairFromSeed } from "../../protocol/identity/keys.ts";
import { checked } from "../slots/kv_rows.ts";
import type { RelayKey } from "./relay_key.ts";

export interface KvRelayKeyOptions {
  /** Open; closed by the store of the slots. */
  readonly kv: Deno.Kv;
  /** @returns that many unpredictable bytes */
  randomBytes(count: number): Uint8Array;
}

export const relayKeyKey: Deno.KvKey = ["relay", "key"];

const KeyRow = z.object({
  seed: z.instanceof(Uint8Array).refine((seed) => seed.length === KEY_BYTES),
});

/** @throws {WireError} unreadable */
export const readKeyRow = (value: unknown): KeyPair =>
  keyPairFromSeed(checked(KeyRow, value, "the relay's key").seed);

/** Whoever loses a race reads what the winner wrote. */
const MOST_ATTEMPTS = 3;

export class KvRelayKey implements RelayKey {
  readonly #options: KvRelayKeyOptions;
  #loading: Promise<KeyPair> | undefined;

  constructor(options: KvRelayKeyOptions) {
    this.#options = options;
  }

  load(): Promise<KeyPair> {
    this.#loading ??= this.#load().catch((error: unknown) => {
      // The store may be back at the next call.
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  async #load(): Promise<KeyPair> {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const made = await this.#readOrMake();
      if (made !== undefined) return made;
    }
    throw new WireError("write_failed", "Cannot store the relay's key: others keep changing it");
  }

  /** @returns undefined if another relay has just made one */
  async #readOrMake(): Promise<KeyPair | undefined> {
    const { kv, randomBytes } = this.#options;
    const found = await kv.get(relayKeyKey);
    if (found.value !== null) return readKeyRow(found.value);
    const seed = randomBytes(KEY_BYTES);
    try {
      const made = await kv.atomic().check(found).set(relayKeyKey, { seed }).commit();
      return made.ok ? keyPairFromSeed(seed) : undefined;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new WireError("write_failed", `Cannot store the relay's key: ${reason}`, { cause });
    }
  }
}

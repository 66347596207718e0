/**
 * The key with which a relay signs what it says (docs/protocol/receipts.md): made once, and the same
 * for as long as its store lives.
 */
import { type KeyPair, keyPairFromSeed } from "../../protocol/identity/keys.ts";

export interface RelayKey {
  /**
   * Makes it if there is none yet.
   * @throws {WireError} unreadable (never replaced then), write_failed
   */
  load(): Promise<KeyPair>;
}

/** Of a relay that forgets everything when it ends. For tests and trials. */
export class MemoryRelayKey implements RelayKey {
  readonly #keys: KeyPair;

  /** @param seed 32 random bytes */
  constructor(seed: Uint8Array) {
    this.#keys = keyPairFromSeed(seed);
  }

  load(): Promise<KeyPair> {
    return Promise.resolve(this.#keys);
  }
}

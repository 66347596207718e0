/** What a directory answers about Bob: for tests of whatever asks one. */
import { makeCard } from "../../protocol/identity/card.ts";
import { makeDid } from "../../protocol/identity/did.ts";
import { type KeyPair, keyPairFromSeed } from "../../protocol/identity/keys.ts";
import { RELAY } from "./world.ts";

export const keysOf = (seed: number): KeyPair => keyPairFromSeed(new Uint8Array(32).fill(seed));

export const BOB = makeDid("bob", keysOf(9).publicKey);

/** @param about members in the place of the usual ones */
export const recordOfBob = (about: object = {}): object => ({
  card: makeCard({ handle: "bob", keys: keysOf(9) }),
  claimed_at: "2026-01-01T00:00:00Z",
  did: BOB,
  nick: "bob",
  relay_url: RELAY,
  slot_id: "2".repeat(32),
  ...about,
});

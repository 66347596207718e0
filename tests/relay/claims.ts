/** Identities for tests of the directory, and the claims they make. */
import { createHash } from "node:crypto";
import { makeCard, signCard } from "../../protocol/identity/card.ts";
import { makeDid } from "../../protocol/identity/did.ts";
import { type KeyPair, keyPairFromSeed } from "../../protocol/identity/keys.ts";
import { printJson } from "../../protocol/json/print.ts";
import { type JsonObject, withMembers } from "../../protocol/json/value.ts";
import type { Answer, RelayWorld, Slot } from "./relay_world.ts";

export interface Agent {
  readonly handle: string;
  readonly keys: KeyPair;
  readonly did: string;
  readonly card: JsonObject;
}

export function agent(handle: string, seed: string = handle): Agent {
  const keys = keyPairFromSeed(Uint8Array.from(createHash("sha256").update(seed).digest()));
  return { handle, keys, did: makeDid(handle, keys.publicKey), card: makeCard({ handle, keys }) };
}

/** The agent's card with other members, signed by the agent. */
export const cardWith = (who: Agent, members: JsonObject): JsonObject =>
  signCard(withMembers(who.card, members), who.keys);

export interface ClaimOptions {
  readonly card?: JsonObject;
  readonly token?: string;
  /** Further members of the body, and replacements. */
  readonly body?: JsonObject;
}

export function claim(
  world: RelayWorld,
  nick: string,
  { who, slot }: { readonly who: Agent; readonly slot: Slot },
  options: ClaimOptions = {},
): Promise<Answer> {
  const body: JsonObject = {
    nick,
    slot_id: slot.id,
    relay_url: null,
    card: options.card ?? who.card,
    ...options.body,
  };
  return world.call("/v1/handle/claim", {
    token: options.token ?? slot.token,
    body: printJson(body),
  });
}

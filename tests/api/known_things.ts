/**
 * Things that exist on a relay, for programs that only know its document: a schema says how an id
 * looks, not which there are.
 */
import { createHash } from "node:crypto";
import { signEvent } from "../../protocol/event/event.ts";
import { makeCard } from "../../protocol/identity/card.ts";
import { makeDid } from "../../protocol/identity/did.ts";
import { keyPairFromSeed } from "../../protocol/identity/keys.ts";
import { printJson } from "../../protocol/json/print.ts";

/** By the name of a parameter, with the token that goes with each. */
export interface KnownThings {
  /** One to use, and one to close. */
  readonly slots: readonly { readonly slot_id: string; readonly token: string }[];
  readonly grants: readonly string[];
  readonly url: string;
  /** Of the first slot. */
  readonly nicks: readonly string[];
  readonly pairings: readonly { readonly pair_id: string; readonly token: string }[];
  readonly nameplates: readonly string[];
  /** By operation: bodies that are taken, as far as a schema cannot say how they are made. */
  readonly bodies: Readonly<Record<string, string>>;
}

export async function makeKnownThings(url: string): Promise<KnownThings> {
  const post = async (path: string, body: string, token = ""): Promise<Record<string, string>> => {
    const response = await fetch(url + path, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body,
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return await response.json();
  };
  const text = (value: string | undefined): string => value ?? "";
  const allocate = async () => {
    const made = await post("/v1/slot/allocate", '{"grants":true}');
    return { slot_id: text(made["slot_id"]), token: text(made["slot_token"]) };
  };
  const slot = await allocate();
  const grant = await post(`/v1/slot/${slot.slot_id}/grants`, "{}", slot.token);
  const nick = "known";
  const keys = keyPairFromSeed(Uint8Array.from(createHash("sha256").update(nick).digest()));
  const did = makeDid(nick, keys.publicKey);
  const card = makeCard({ handle: nick, keys });
  const intro = signEvent({
    schema_version: "v3.1",
    timestamp: "2026-11-21T05:00:00Z",
    from: did,
    to: did,
    type: "pair_drop",
    kind: 1100,
    body: { card },
  }, { did, keys });
  const body = printJson({ nick, slot_id: slot.slot_id, relay_url: null, card });
  await post("/v1/handle/claim", body, slot.token);
  const claim = (digit: string): string => JSON.stringify({ claim: digit.repeat(32) });
  const host = await post("/v1/pair2", claim("a"));
  const open = await post("/v1/pair2", claim("b"));
  return {
    slots: [slot, await allocate()],
    grants: [text(grant["grant_id"])],
    url,
    nicks: [nick],
    pairings: [{ pair_id: text(host["pair_id"]), token: text(host["side_token"]) }],
    nameplates: [text(open["nameplate"])],
    bodies: {
      "POST /v1/handle/claim": body,
      "POST /v1/handle/intro/{nick}": `{"event":${intro.text}}`,
      "PUT /v1/pair2/{place}/{step}": '{"body":"AAAA"}',
    },
  };
}

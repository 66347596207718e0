/** The reference peer's calls of a directory. See docs/protocol/relay.md §5.9 to §5.11. */
import { call } from "./http.ts";
import { at, parse, print, type Ref, ref, type RefObject, text, withMembers } from "./json.ts";
import { cardProblem } from "./keys.ts";
import type { Slot } from "./relay_calls.ts";

export interface Found {
  readonly card: Ref;
  readonly did: string;
  readonly slotId: string;
  readonly relayUrl: string | undefined;
}

/** @returns `claimed` or `re-claimed` */
export async function claimNick(slot: Slot, nick: string, card: RefObject): Promise<string> {
  const { relay_url, slot_id, slot_token: token } = slot;
  const body = print(withMembers(new Map(), { nick, slot_id, relay_url, card }));
  const url = `${relay_url}/v1/handle/claim`;
  const answer = await call({ method: "POST", url, token, body });
  if (answer.status !== 201) {
    throw new Error(`handle_claim failed: ${answer.status} ${answer.body}`);
  }
  return text(parse(answer.body), "status");
}

/** Believed as far as the card's own signature and the DID in it go. */
export async function resolveNick(relayUrl: string, nick: string): Promise<Found> {
  const url = `${relayUrl}/.well-known/wire/agent?handle=${nick}`;
  const answer = await call({ method: "GET", url });
  if (answer.status !== 200) throw new Error(`well_known_agent failed: ${answer.status}`);
  const record = parse(answer.body);
  const card = at(record, "card") ?? null;
  const problem = cardProblem(card);
  if (problem !== undefined) throw new Error(`resolved card signature invalid: ${problem}`);
  const did = text(record, "did");
  if (did !== text(card, "did")) throw new Error("resolved DID mismatch");
  return {
    card,
    did,
    slotId: text(record, "slot_id"),
    relayUrl: text(record, "relay_url") || undefined,
  };
}

/** @returns `dropped` or `duplicate` */
export async function introduceTo(relayUrl: string, nick: string, event: Ref): Promise<string> {
  const answer = await call({
    method: "POST",
    url: `${relayUrl}/v1/handle/intro/${nick}`,
    body: print(ref(new Map([["event", event]]))),
  });
  if (answer.status !== 200 && answer.status !== 201) {
    throw new Error(`handle_intro failed: ${answer.status} ${answer.body}`);
  }
  return text(parse(answer.body), "status");
}

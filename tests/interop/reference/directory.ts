/**
 * The directory of a 0.5.19 relay: first come, the same DID again, introductions to whoever has a
 * nick. Whether a DID is its key's is not looked at. See docs/protocol/relay.md §5.9 to §5.11.
 */
import { at, print, type Ref, text } from "./json.ts";
import { cardProblem } from "./keys.ts";
import { error, isReply, type Reply } from "./relay.ts";

interface Entry {
  readonly nick: string;
  readonly did: string;
  readonly card: Ref;
  readonly slot_id: string;
  readonly relay_url: string | null;
  readonly claimed_at: string;
}

export interface Slots {
  /** Of the token in the request; or why not. */
  owner(slotId: string): object;
  deliver(slotId: string, event: Ref | undefined): Reply;
}

const INTRO = "/v1/handle/intro/";

export class ReferenceDirectory {
  readonly #entries = new Map<string, Entry>();

  static serves(path: string): boolean {
    return path === "/v1/handle/claim" || path.startsWith(INTRO) ||
      path === "/.well-known/wire/agent";
  }

  answer(url: URL, body: Ref, slots: Slots): Reply {
    if (url.pathname === "/v1/handle/claim") return this.#claim(body, slots);
    const isIntro = url.pathname.startsWith(INTRO);
    const asked = isIntro
      ? url.pathname.slice(INTRO.length)
      : (url.searchParams.get("handle") ?? "").replace(/@.*/, "");
    const entry = this.#entries.get(asked);
    if (entry === undefined) {
      const quoted = JSON.stringify(asked);
      return error(
        404,
        `phyllis: that number's been disconnected — ${quoted} isn't claimed on this switchboard`,
      );
    }
    return isIntro ? introduce(entry, at(body, "event"), slots) : { status: 200, json: entry };
  }

  #claim(body: Ref, slots: Slots): Reply {
    const [nick, slot_id] = [text(body, "nick"), text(body, "slot_id")];
    const owner = slots.owner(slot_id);
    if (isReply(owner)) return owner;
    if (!/^[a-z0-9_-]{2,32}$/.test(nick)) {
      return { status: 400, json: { error: "phyllis: that handle won't fit in the books", nick } };
    }
    const card = at(body, "card") ?? null;
    const problem = cardProblem(card);
    if (problem !== undefined) return error(400, `card signature invalid: ${problem}`);
    const did = text(card, "did");
    const old = this.#entries.get(nick);
    if (old !== undefined && old.did !== did) {
      const taken = "phyllis: this line's already taken by someone else";
      return { status: 409, json: { claimed_by: old.did, error: taken, nick } };
    }
    const relay_url = text(body, "relay_url") || null;
    const claimed_at = new Date().toISOString();
    this.#entries.set(nick, { nick, did, card, slot_id, relay_url, claimed_at });
    const status = old === undefined ? "claimed" : "re-claimed";
    return { status: 201, json: { did, nick, status } };
  }
}

/** Any one of kind and type is enough, and the event itself is not verified. */
function introduce({ nick, slot_id }: Entry, event: Ref | undefined, slots: Slots): Reply {
  const type = text(event, "type");
  if (at(event, "kind") !== 1100n && type !== "pair_drop" && type !== "agent_card") {
    return error(400, "intro endpoint only accepts kind=1100 pair_drop / agent_card events");
  }
  const card = at(event, "body", "card");
  if (card === undefined) return error(400, "intro event body must embed 'card' field");
  const problem = cardProblem(card);
  if (problem !== undefined) return error(400, `embedded card signature invalid: ${problem}`);
  if (print(event ?? null).length > 262_144) return error(413, "intro event exceeds 256 KiB");
  const stored = slots.deliver(slot_id, event);
  if (stored.status !== 201) return stored;
  const event_id = text(event, "event_id") || null;
  return { status: 201, json: { event_id, status: "dropped", to_nick: nick } };
}

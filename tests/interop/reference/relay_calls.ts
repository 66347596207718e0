/** The reference peer's calls of a relay, with its error texts. See docs/protocol/relay.md §10.2. */
import { type Answer, type Call, call } from "./http.ts";
import { at, isList, parse, print, type Ref, ref, text } from "./json.ts";

export interface Slot {
  readonly relay_url: string;
  readonly slot_id: string;
  readonly slot_token: string;
}

const base = (url: string): string => url.replace(/\/+$/, "");

async function answered(operation: string, request: Call): Promise<Ref> {
  const answer = await call(request);
  if (answer.status < 200 || answer.status > 299) throw new Error(failure(operation, answer));
  return answer.body === "" ? null : parse(answer.body);
}

const failure = (operation: string, { status, reason, body }: Answer): string =>
  `${operation} failed: ${status} ${reason}: ${body}`;

export async function allocate(relayUrl: string, handle: string): Promise<Slot> {
  const health = await call({ method: "GET", url: `${base(relayUrl)}/healthz` });
  if (health.status !== 200) throw new Error("phyllis: silent line");
  const url = `${base(relayUrl)}/v1/slot/allocate`;
  const made = await answered("allocate", { method: "POST", url, body: print(ref({ handle })) });
  const slot = {
    relay_url: relayUrl,
    slot_id: at(made, "slot_id"),
    slot_token: at(made, "slot_token"),
  };
  const { slot_id, slot_token } = slot;
  if (typeof slot_id !== "string" || typeof slot_token !== "string") throw new Error("bad slot");
  return { relay_url: relayUrl, slot_id, slot_token };
}

/** @returns what the relay says of it: `stored` or `duplicate` */
export async function postEvent(slot: Slot, event: Ref): Promise<string> {
  const reply = await answered("post_event", {
    method: "POST",
    url: `${base(slot.relay_url)}/v1/events/${slot.slot_id}`,
    token: slot.slot_token,
    body: print(new Map([["event", event]])),
  });
  const status = at(reply, "status");
  if (typeof status !== "string") throw new Error("missing field `status`");
  return status;
}

/** The cursor is pasted into the address as it is. */
export async function listEvents(slot: Slot, since: string | undefined): Promise<readonly Ref[]> {
  const cursor = since === undefined ? "" : `since=${since}&`;
  const events = await answered("list_events", {
    method: "GET",
    url: `${base(slot.relay_url)}/v1/events/${slot.slot_id}?${cursor}limit=1000`,
    token: slot.slot_token,
  });
  if (!isList(events)) throw new Error("invalid type: expected a sequence");
  return events;
}

export async function pairOpen(
  relayUrl: string,
  body: { readonly code_hash: string; readonly msg: string; readonly role: string },
): Promise<string> {
  const url = `${base(relayUrl)}/v1/pair`;
  const reply = await answered("pair_open", { method: "POST", url, body: print(ref(body)) });
  return text(reply, "pair_id");
}

export interface PairView {
  readonly peerMsg: string | undefined;
  readonly peerBootstrap: string | undefined;
}

export async function pairGet(relayUrl: string, pairId: string, role: string): Promise<PairView> {
  const url = `${base(relayUrl)}/v1/pair/${pairId}?as_role=${role}`;
  const reply = await answered("pair_get", { method: "GET", url });
  return {
    peerMsg: text(reply, "peer_msg") || undefined,
    peerBootstrap: text(reply, "peer_bootstrap") || undefined,
  };
}

export async function pairBootstrap(
  relayUrl: string,
  pairId: string,
  body: { readonly role: string; readonly sealed: string },
): Promise<void> {
  const url = `${base(relayUrl)}/v1/pair/${pairId}/bootstrap`;
  const reply = await answered("pair_bootstrap", { method: "POST", url, body: print(ref(body)) });
  if (at(reply, "ok") !== true) throw new Error("pair_bootstrap: not ok");
}

export async function pairAbandon(relayUrl: string, codeHash: string): Promise<void> {
  const url = `${base(relayUrl)}/v1/pair/abandon`;
  await answered("pair_abandon", {
    method: "POST",
    url,
    body: print(ref({ code_hash: codeHash })),
  });
}

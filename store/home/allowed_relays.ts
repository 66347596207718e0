/**
 * Addresses on this machine or in a private network at which the operator lets peers have their
 * mailboxes: kept in relay.json as `allowed_relays`, which 0.5.19 leaves alone. Pure.
 * See docs/protocol/extensions.md §9.
 */
import { parseRelayUrl, type RelayUrl } from "../../protocol/ids.ts";
import type { RelayState } from "../../protocol/schemas/relay_state.ts";

const MEMBER = "allowed_relays";

/** In the order in which they were allowed; what is no relay's address is passed over. */
export function allowedRelays(state: RelayState): readonly RelayUrl[] {
  const list = state[MEMBER];
  if (!Array.isArray(list)) return [];
  return list.flatMap((text) => typeof text === "string" ? parseRelayUrl(text) ?? [] : []);
}

/** The same again is the same. */
export function withAllowedRelay(state: RelayState, url: RelayUrl): RelayState {
  const allowed = allowedRelays(state);
  return allowed.includes(url) ? state : { ...state, [MEMBER]: [...allowed, url] };
}

export function withoutAllowedRelay(state: RelayState, url: RelayUrl): RelayState {
  const left = allowedRelays(state).filter((other) => other !== url);
  const { [MEMBER]: _list, ...rest } = state;
  return left.length === 0 ? rest : { ...rest, [MEMBER]: left };
}

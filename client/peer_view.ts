/**
 * Peers as every screen shows them, and the one name by which a peer is known. Pure.
 * See docs/protocol/identity-and-events.md §4 and §9.
 */
import { WireError } from "../protocol/errors.ts";
import { bareHandle, displayHandle, legacyDid } from "../protocol/identity/did.ts";
import { identityCheck } from "../protocol/identity/identity_check.ts";
import { type Handle, isHandle } from "../protocol/ids.ts";
import { quote } from "../protocol/json/quote.ts";
import { endpointsIn, type RelayState } from "../protocol/schemas/relay_state.ts";
import {
  type Agent,
  agentOf,
  effectiveTier,
  keysOf,
  type ShownTier,
  type TrustStore,
} from "../protocol/trust/trust.ts";

/**
 * The key of trust, outbox and inbox for what a person typed: `bob`, `bob@relay.example`, or a DID.
 * @throws {WireError} usage, if that is no name that may become a file
 */
export function peerKey(text: string): Handle {
  const handle = text.startsWith("did:") ? displayHandle(text) : bareHandle(text);
  if (isHandle(handle)) return handle;
  throw new WireError("usage", `Cannot use the peer name ${quote(text)}: expected [A-Za-z0-9_-]`);
}

/**
 * As {@linkcode peerKey}, for whoever will write to that peer: the pinned name, also if it was typed
 * in other letter case, since there is never a second one.
 * @throws {WireError} usage; conflict, for a DID when another key is pinned under its name
 */
export function peerToWriteTo(text: string, trust: TrustStore): Handle {
  const handle = peerKey(text);
  const label = handle.toLowerCase();
  const agent = agentOf(trust, handle) ??
    [...trust.agents.values()].find((other) => other.handle.toLowerCase() === label);
  if (agent === undefined || !isHandle(agent.handle)) return handle;
  const names = [agent.did, agent.handle, legacyDid(agent.handle)];
  if (!text.startsWith("did:") || agent.did === "" || names.includes(text)) return agent.handle;
  throw new WireError(
    "conflict",
    `Cannot send to ${quote(text)}: the name ${agent.handle} is pinned to ${quote(agent.did)}`,
  );
}

/** The tier that every screen shows. */
export function shownTier(agent: Agent, state: RelayState): ShownTier {
  return effectiveTier(agent, hasToken(state, agent.handle));
}

/** Whether we may write to the peer's mailbox: it has answered. */
function hasToken({ peers }: RelayState, handle: string): boolean {
  const peer = Object.hasOwn(peers, handle) ? peers[handle] : undefined;
  if (peer === undefined) return false;
  if (peer.slot_token !== undefined && peer.slot_token !== "") return true;
  return endpointsIn(peer.endpoints).some((endpoint) => endpoint.slot_token !== "");
}

/** What two people compare over voice; undefined for an entry that does not hold one key. */
export function identityCheckWith(ourKey: Uint8Array, agent: Agent): string | undefined {
  const [key, ...more] = keysOf(agent);
  return key === undefined || more.length > 0 ? undefined : identityCheck(ourKey, key.bytes);
}

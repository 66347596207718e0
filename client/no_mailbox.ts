/** Why nothing can be sent to a peer yet, and what changes that: the same on every screen. Pure. */
import type { EpochMs } from "../protocol/ids.ts";
import type { RelayState } from "../protocol/schemas/relay_state.ts";
import { expiredNote, openRequest } from "./consent/open_request.ts";
import { peerRoutes, unusedRoutes } from "./sync/routes.ts";

export interface NoMailbox {
  readonly reason: string;
  /** The command that goes on. */
  readonly next?: string;
}

/**
 * @param own our handle, where it is known
 * @returns undefined where a mailbox is known and may be used
 */
export function whyNoMailbox(
  state: RelayState,
  peer: string,
  { own, now }: { readonly own: string | undefined; readonly now: EpochMs },
): NoMailbox | undefined {
  const routes = peerRoutes(state, peer);
  if (routes.tag !== "none") return undefined;
  if (peer === own) return { reason: `${peer} is this home itself, and gets no mail of its own` };
  if (unusedRoutes(state, peer).length > 0) return { reason: routes.reason };
  const expired = expiredNote(state, peer, now);
  if (expired !== undefined) {
    return { reason: `${peer} did not answer our request in time`, next: expired.next };
  }
  if (openRequest(state, peer) !== undefined) {
    const accept = own === undefined ? "wire pair-accept" : `wire pair-accept ${own}`;
    return { reason: `${peer} has not answered our request yet`, next: `${accept}, on their side` };
  }
  return {
    reason: `no mailbox of ${peer} is known here`,
    next: "pair first (wire pair-host, or wire add nick@domain)",
  };
}

/**
 * What a received request or answer may change, by what we have done ourselves. Pure.
 * See docs/protocol/pairing.md §15.6 and §16.
 */
import { sameKey } from "../identity/keys.ts";
import { instantMs } from "../text/instant.ts";
import { type Agent, agentOf, isSelf, keysOf, pinCard, type TrustStore } from "../trust/trust.ts";
import { stringMember } from "../json/value.ts";
import type { PairDrop } from "./drop.ts";

/** What relay.json says of the peer. */
export interface KnownRoute {
  /** Whether we hold a token to one of its mailboxes. */
  readonly hasToken: boolean;
  /** RFC 3339: the time of the event that its mailbox comes from. */
  readonly at: string | undefined;
}

export type DropDecision =
  /** Our operator asked first, theirs has asked too: that is consent on both sides. */
  | { readonly tag: "complete" }
  /** A paired peer asks again: it has another mailbox, or has lost ours. */
  | { readonly tag: "refresh" }
  /** A stranger: the operator decides. */
  | { readonly tag: "ask" }
  | { readonly tag: "ignore"; readonly reason: "self" | "other_key" | "policy" | "old" };

/** @param route undefined without an entry in relay.json */
export function decideDrop(
  drop: PairDrop,
  trust: TrustStore,
  { route, acceptsStrangers }: {
    readonly route: KnownRoute | undefined;
    readonly acceptsStrangers: boolean;
  },
): DropDecision {
  const pin = pinCard(trust, drop.card, { tier: "VERIFIED", at: drop.timestamp });
  if (!pin.ok) return { tag: "ignore", reason: pin.reason };
  const agent = agentOf(trust, drop.card.handle);
  if (agent !== undefined && isPinned(agent, drop) && route !== undefined) {
    if (route.hasToken) {
      return isLater(drop.timestamp, route.at)
        ? { tag: "refresh" }
        : { tag: "ignore", reason: "old" };
    }
    if (stringMember(agent.value, "paired_via") === "add") return { tag: "complete" };
  }
  return acceptsStrangers ? { tag: "ask" } : { tag: "ignore", reason: "policy" };
}

function isPinned(agent: Agent, { card }: PairDrop): boolean {
  return agent.did === card.did && agent.tier === "VERIFIED" &&
    keysOf(agent).some(({ bytes, active }) => active && sameKey(bytes, card.publicKey));
}

/**
 * Whether an ack, verified against the pinned key, completes an add of ours. What a paired peer says
 * about a move is another rule.
 */
export const completesAdd = (agent: Agent | undefined, route: KnownRoute | undefined): boolean =>
  agent !== undefined && !isSelf(agent) && agent.tier === "VERIFIED" &&
  stringMember(agent.value, "paired_via") === "add" && route !== undefined && !route.hasToken;

function isLater(at: string, before: string | undefined): boolean {
  const time = instantMs(at);
  const old = before === undefined ? undefined : instantMs(before);
  return time !== undefined && (old === undefined || time > old);
}

/**
 * The end of a pairing: the peer's mailbox and key in our files, and both read again before anybody
 * says so. See docs/protocol/pairing.md §8, steps 5 and 6.
 */
import { WireError } from "../../protocol/errors.ts";
import { identityCheck } from "../../protocol/identity/identity_check.ts";
import type { CodePhrase } from "../../protocol/ids.ts";
import type { MailboxRoute } from "../../protocol/pairing/bootstrap.ts";
import type { PairEffect } from "../../protocol/pairing/pair_event.ts";
import { keysOf } from "../../protocol/trust/trust.ts";
import type { ClientContext } from "../context.ts";
import { waitingEndpoint } from "../endpoints/check_endpoint.ts";
import { oweEndpoints } from "../grants/owe_endpoints.ts";
import { type Unused, unusedEndpoint } from "../endpoints/unused.ts";
import { knownRoutes } from "../sync/routes.ts";
import { assignGrants, pairingGrantee } from "./grant_holder.ts";
import { happened, NOTHING, type Outcome, relayFailure } from "./outcome.ts";
import { writePeer } from "./write_peer.ts";

/** What the peer's mailbox says to the token that we were given. */
export type MailboxAnswer =
  | { readonly tag: "works" }
  | { readonly tag: "refuses"; readonly text: string }
  /** No relay there, or one in trouble: it may work later. */
  | { readonly tag: "silent" }
  /** It was not asked: the operator must allow the address first. */
  | { readonly tag: "unused"; readonly unused: Unused };

const SILENCE_MS = 10_000;

export async function askMailbox(
  { home, relay, platform: { clock } }: Pick<ClientContext, "home" | "relay" | "platform">,
  { relayUrl, slotId, slotToken }: MailboxRoute,
): Promise<MailboxAnswer> {
  const unused = unusedEndpoint(await home.readRelayState(), relayUrl);
  if (unused !== undefined) return { tag: "unused", unused };
  try {
    await relay(relayUrl).slotState(slotId, slotToken, clock.timeout(SILENCE_MS));
    return { tag: "works" };
  } catch (error) {
    const outcome = relayFailure(error, {});
    if (outcome.tag !== "event") return { tag: "silent" };
    return { tag: "refuses", text: outcome.event.tag === "failed" ? outcome.event.error : "" };
  }
}

/** The key is the peer's all the same: only the mail to it waits. */
function tellUnused({ warn }: ClientContext, unused: Unused): void {
  warn(waitingEndpoint(unused, "Cannot send to the peer's mailbox yet").message);
}

/** Safe to repeat: the same key and route again change nothing but the time. */
export async function pinPeer(
  context: ClientContext,
  code: CodePhrase,
  { card, mailbox, proof }: Extract<PairEffect, { tag: "pin" }>,
): Promise<Outcome> {
  const { home, platform: { clock } } = context;
  const answer = await askMailbox(context, mailbox);
  if (answer.tag === "refuses") {
    return happened({ tag: "failed", error: `peer's mailbox does not work: ${answer.text}` });
  }
  if (answer.tag === "unused") tellUnused(context, answer.unused);
  const isWanted = async () => (await home.pendingPairs.read(code))?.status === "confirmed";
  const written = await writePeer(home, { card, mailbox, proof, at: clock.timestamp() }, isWanted);
  switch (written.tag) {
    case "written":
      await assignGrants(home, pairingGrantee(code), card.did);
      await oweEndpoints(home, card.did);
      return happened({ tag: "pinned", peerDid: card.did });
    case "unwanted":
      return NOTHING;
    case "refused":
      return happened({ tag: "failed", error: written.text });
  }
}

/** What is now known of a peer, read from the files. */
export interface PairedPeer {
  readonly did: string;
  readonly handle: string;
  readonly tier: string;
  readonly relayUrl: string;
  readonly slotId: string;
  /** Whether its mailbox has just answered. */
  readonly reachable: boolean;
  readonly identityCheck: string;
}

/** @throws {WireError} conflict, if nobody of that DID is pinned and routed */
export async function pairedPeer(context: ClientContext, did: string): Promise<PairedPeer> {
  const { home } = context;
  const { keys } = await home.readIdentity();
  const agent = [...(await home.readTrust()).agents.values()].find((it) => it.did === did);
  const key = agent === undefined ? undefined : keysOf(agent).find(({ active }) => active);
  const [route] = knownRoutes(await home.readRelayState(), agent?.handle ?? "");
  if (agent === undefined || key === undefined || route === undefined) {
    throw new WireError("conflict", `Cannot find ${did} among the pinned peers: pair again`);
  }
  return {
    did,
    handle: agent.handle,
    tier: agent.tier,
    relayUrl: route.shownUrl,
    slotId: route.slotId,
    reachable: (await askMailbox(context, route)).tag === "works",
    identityCheck: identityCheck(keys.publicKey, key.bytes),
  };
}

/**
 * The effects of a pair/2 pairing that concern the peer's mailbox and our files. Each may be repeated
 * at any time. See docs/protocol/extensions.md §10.
 */
import { WireError } from "../../protocol/errors.ts";
import { buildEvent, signEvent } from "../../protocol/event/event.ts";
import { kindOf } from "../../protocol/event/kinds.ts";
import { admitCard, type AdmittedCard } from "../../protocol/identity/card.ts";
import { parseJson } from "../../protocol/json/parse.ts";
import type { Endpoint2, Route2 } from "../../protocol/pair2/card.ts";
import type { Pair2Effect, Pair2Event } from "../../protocol/pair2/event.ts";
import { HEARTBEAT_TYPE, PAIR2_DONE } from "../../protocol/pair2/heartbeat.ts";
import type { Agreed, Held } from "../../protocol/pair2/state.ts";
import { type Agent, isSelf, keysOf, type TrustStore } from "../../protocol/trust/trust.ts";
import type { ClientContext } from "../context.ts";
import { waitingEndpoint } from "../endpoints/check_endpoint.ts";
import { unusedEndpoint } from "../endpoints/unused.ts";
import { handOut, handOutAll } from "../grants/hand_out.ts";
import { oweSocket } from "../grants/owe_endpoints.ts";
import { assignGrants, pairingGrantee } from "../pairing/grant_holder.ts";
import { ensureMailbox } from "../pairing/meet_at_relay.ts";
import { NOTHING, patient, relayFailure } from "../pairing/outcome.ts";
import { askMailbox, type MailboxAnswer } from "../pairing/pin_peer.ts";
import { writePeer } from "../pairing/write_peer.ts";
import { ownRoutes } from "../sync/routes.ts";
import { happened2, type Outcome2 } from "./relay_effects.ts";

/** Our card, and routes that may be given to that peer. */
export async function makeOffer(
  context: ClientContext,
  id: string,
  { about, peerKey }: Agreed,
): Promise<Outcome2> {
  const { home } = context;
  const { card, handle } = await home.readIdentity();
  // One grant for each peer: who was pinned before keeps the one it has.
  const known = agentWithKey(await home.readTrust(), peerKey);
  const grantee = known === undefined ? pairingGrantee(id) : { did: known.did };
  try {
    const mailbox = await handOut(
      context,
      grantee,
      await ensureMailbox(context, about, handle),
    );
    // This form has no word for a socket: an answer tells of it later.
    const routes = ownRoutes(await home.readRelayState()).filter(({ scope }) => scope !== "uds");
    const endpoints = await handOutAll(context, grantee, routes);
    return happened2({
      tag: "offerMade",
      offer: {
        card,
        mailbox: routeOf(mailbox),
        endpoints: endpoints.map((route) => ({ ...routeOf(route), scope: route.scope })),
      },
    });
  } catch (error) {
    return patient(relayFailure<Pair2Event>(error, {}));
  }
}

/** @param key hex */
const agentWithKey = ({ agents }: TrustStore, key: string): Agent | undefined =>
  [...agents.values()].find((agent) =>
    !isSelf(agent) && agent.did !== "" &&
    keysOf(agent).some(({ active, bytes }) => active && bytes.toHex() === key)
  );

const routeOf = (
  { relayUrl, slotId, slotToken }: {
    readonly relayUrl: Route2["relayUrl"];
    readonly slotId: Route2["slotId"];
    readonly slotToken: Route2["grant"];
  },
): Route2 => ({ relayUrl, slotId, grant: slotToken });

/** Whether the peer's mailbox takes what we were given. */
export async function reach(context: ClientContext, mailbox: Route2): Promise<Outcome2> {
  const answer = await askMailbox(context, { ...mailbox, slotToken: mailbox.grant });
  if (answer.tag === "works") return happened2({ tag: "reached" });
  return { tag: "later", problem: problemOf(answer), waitMs: 0 };
}

function problemOf(answer: Exclude<MailboxAnswer, { tag: "works" }>): WireError {
  if (answer.tag === "unused") {
    return waitingEndpoint(answer.unused, "Cannot finish the pairing with the peer's mailbox yet");
  }
  const why = answer.tag === "refuses" ? answer.text : "no answer";
  return new WireError("unreachable", `peer's mailbox does not work: ${why}`);
}

/** Tells the peer by mail what `done` tells it at the meeting place, which may close before. */
export async function heartbeat(
  context: ClientContext,
  { heldAt, peerDid }: Held,
  { mailbox, th }: Extract<Pair2Effect, { tag: "heartbeat" }>,
  signal: AbortSignal,
): Promise<Outcome2> {
  const unused = unusedEndpoint(await context.home.readRelayState(), mailbox.relayUrl);
  if (unused !== undefined) {
    const problem = waitingEndpoint(unused, "Cannot tell the peer that the pairing is done");
    return { tag: "later", problem, waitMs: 0 };
  }
  const identity = await context.home.readIdentity();
  // The same event each time, so that the peer's relay keeps one of it.
  const timestamp = Temporal.Instant.fromEpochMilliseconds(Math.floor(heldAt)).toString();
  const event = signEvent(
    buildEvent({
      from: identity.did,
      to: peerDid,
      type: HEARTBEAT_TYPE,
      kind: kindOf(HEARTBEAT_TYPE),
      body: { t: PAIR2_DONE, th },
      timestamp,
    }),
    identity,
  );
  try {
    const { relayUrl, slotId, grant } = mailbox;
    await context.relay(relayUrl).postEvent(slotId, grant, event.text, { signal });
    return happened2({ tag: "mailed" });
  } catch (error) {
    return patient(relayFailure<Pair2Event>(error, {}));
  }
}

/** Writes pin and route where every program sees them: only now is anybody VERIFIED. */
export async function trust(
  { home, platform: { clock } }: ClientContext,
  id: string,
  { card: text, mailbox, endpoints, proof }: Extract<Pair2Effect, { tag: "trust" }>,
): Promise<Outcome2> {
  const state = await home.pair2.read(id);
  const card = state?.tag === "held" ? heldCard(state) : undefined;
  if (card === undefined || state?.tag !== "held" || state.peerCard !== text) return NOTHING;
  const isWanted = async (): Promise<boolean> => (await home.pair2.read(id))?.tag === "held";
  const written = await writePeer(home, {
    card,
    mailbox: { ...mailbox, slotToken: mailbox.grant },
    endpoints: usable(endpoints).map((route) => ({ ...route, slotToken: route.grant })),
    proof,
    at: clock.timestamp(),
  }, isWanted);
  switch (written.tag) {
    case "written":
      await assignGrants(home, pairingGrantee(id), card.did);
      await oweSocket(home, card.did);
      return happened2({ tag: "trusted" });
    case "unwanted":
      return NOTHING;
    case "refused":
      return happened2({ tag: "failed", error: written.text });
  }
}

const usable = (endpoints: readonly Endpoint2[]): Endpoint2[] =>
  endpoints.filter(({ scope }) => scope === "federation" || scope === "local");

/** Admitted once more, since it comes from a file: the card of the key that the digits stand for. */
export function heldCard({ peerCard, peerKey, peerDid }: Held): AdmittedCard | undefined {
  const admitted = admitCard(parseJson(peerCard));
  if (!admitted.ok || admitted.did !== peerDid) return undefined;
  return admitted.publicKey.toHex() === peerKey ? admitted : undefined;
}

/**
 * The effects of a pairing that talk to its relay. Each may be repeated at any time.
 * See docs/protocol/pairing.md §4 and §8.
 */
import { toBase64 } from "../../protocol/identity/encoding.ts";
import type { Identity } from "../../store/home/identity.ts";
import {
  bootstrapPlaintext,
  type MailboxRoute,
  NONCE_BYTES,
  parseBootstrap,
  seal,
} from "../../protocol/pairing/bootstrap.ts";
import { exchangeMessage, meet, openSealed } from "../../protocol/pairing/exchange.ts";
import type {
  Confirmed,
  PairAbout,
  Polling,
  Requested,
  SasReady,
} from "../../protocol/pairing/pair_state.ts";
import type { PairEvent } from "../../protocol/pairing/pair_event.ts";
import type { ClientContext } from "../context.ts";
import { handOut } from "../grants/hand_out.ts";
import { bindMailbox } from "../mailbox.ts";
import type { PairView } from "../relay_client.ts";
import { ownRoutes } from "../sync/routes.ts";
import { pairingGrantee } from "./grant_holder.ts";
import { happened, NOTHING, type Outcome, patient, relayFailure } from "./outcome.ts";

/** 404 on whatever concerns the slot. */
const gone = () => ({
  tag: "gone" as const,
  error: "pairing expired at the relay, or the other side gave it up",
});

/** `POST /v1/pair`, with a mailbox at hand. The seed of `state` is on the disk by now. */
export async function openMeeting(
  context: ClientContext,
  state: Requested & { readonly seed: string },
  signal: AbortSignal,
): Promise<Outcome> {
  const { about, seed } = state;
  const { handle } = await context.home.readIdentity();
  let mailbox: MailboxRoute;
  try {
    mailbox = await ensureMailbox(context, about, handle);
  } catch (error) {
    return relayFailure(error, {});
  }
  const { slotId, slotToken } = mailbox;
  try {
    const msg = exchangeMessage({ ...about, seed });
    const relay = context.relay(about.relayUrl);
    const pairId = await relay.pairOpen(about.codeHash, about.role, { msg, signal });
    return happened({ tag: "opened", pairId, slotId, slotToken });
  } catch (error) {
    return relayFailure(error, { 409: (text) => ({ tag: "roleTaken", error: text }) });
  }
}

/**
 * The mailbox that the peer will write to. One that exists is kept, wherever it is: the meeting place
 * and the mailbox need not be on one relay (docs/protocol/pairing.md §1.6).
 */
export async function ensureMailbox(
  context: ClientContext,
  about: Pick<PairAbout, "relayUrl">,
  handle: Identity["handle"],
): Promise<MailboxRoute> {
  const routes = ownRoutes(await context.home.readRelayState());
  const route = routes.find(({ scope }) => scope === "federation") ?? routes[0];
  if (route !== undefined) return route;
  return await bindMailbox(context, {
    url: about.relayUrl,
    handle,
    owner: `pairing on ${about.relayUrl}`,
  });
}

/** `GET /v1/pair/<id>`: also what keeps the slot alive. */
export async function look(
  context: ClientContext,
  state: Polling | SasReady | Confirmed,
  signal: AbortSignal,
): Promise<Outcome> {
  const { about, pairId } = state;
  let view: PairView;
  try {
    view = await context.relay(about.relayUrl).pairGet(pairId, about.role, signal);
  } catch (error) {
    return relayFailure(error, { 404: gone });
  }
  if (state.tag === "polling" || state.peerMsg === undefined) return peerMessage(state, view);
  return state.tag === "confirmed" ? await peerBootstrap(context, state, view) : NOTHING;
}

function peerMessage(state: Polling | SasReady | Confirmed, { peerMsg }: PairView): Outcome {
  if (peerMsg === undefined) return NOTHING;
  const met = meet({ ...state.about, seed: state.seed }, peerMsg);
  return happened(
    met.ok ? { tag: "peerJoined", peerMsg, sas: met.sas } : { tag: "failed", error: met.text },
  );
}

async function peerBootstrap(
  { home }: ClientContext,
  state: Confirmed,
  { peerBootstrap: sealed }: PairView,
): Promise<Outcome> {
  if (sealed === undefined || !state.published) return NOTHING;
  const met = meet({ ...state.about, seed: state.seed }, state.peerMsg ?? "");
  if (!met.ok) return happened({ tag: "failed", error: met.text });
  const opened = openSealed(met.key, sealed);
  if (!opened.ok) {
    const error = `AEAD open failed — wrong code, MITM, or peer aborted: ${opened.text}`;
    return happened({ tag: "failed", error });
  }
  const { keys } = await home.readIdentity();
  const bootstrap = parseBootstrap(opened.plaintext, keys.publicKey);
  if (!bootstrap.ok) return happened({ tag: "failed", error: bootstrap.text });
  const { card, mailbox } = bootstrap;
  return happened({ tag: "peerOpened", card, mailbox });
}

/** Our card and mailbox under the key of this pairing. */
export async function sealBootstrap(
  context: ClientContext,
  state: Confirmed,
  signal: AbortSignal,
): Promise<Outcome> {
  if (state.peerMsg === undefined) return await look(context, state, signal);
  const met = meet({ ...state.about, seed: state.seed }, state.peerMsg);
  if (!met.ok) return happened({ tag: "failed", error: met.text });
  const { card, handle } = await context.home.readIdentity();
  let mailbox: MailboxRoute;
  try {
    mailbox = await handOut(
      context,
      pairingGrantee(state.about.code),
      await ensureMailbox(context, state.about, handle),
    );
  } catch (error) {
    return patient(relayFailure(error, {}));
  }
  const nonce = context.platform.random.bytes(NONCE_BYTES);
  const sealed = seal(met.key, nonce, bootstrapPlaintext(card, mailbox));
  return happened({ tag: "sealed", sealed: toBase64(sealed) });
}

/** `POST /v1/pair/<id>/bootstrap`: the same bytes each time. */
export async function publish(
  context: ClientContext,
  { about, pairId, sealed }: Confirmed & { readonly sealed: string },
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    await context.relay(about.relayUrl).pairBootstrap(pairId, about.role, { sealed, signal });
    return happened({ tag: "published" });
  } catch (error) {
    // 409: a bootstrap of this role is there already, posted by 0.5.19 before we took over.
    return relayFailure<PairEvent>(error, { 404: gone, 409: () => ({ tag: "published" }) });
  }
}

/** `POST /v1/pair/abandon`: the other side sees 404 from then on. */
export async function abandon(
  context: ClientContext,
  about: PairAbout,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    await context.relay(about.relayUrl).pairAbandon(about.codeHash, signal);
    return happened({ tag: "abandoned" });
  } catch (error) {
    const outcome = relayFailure(error, {});
    // A relay that refuses will refuse again.
    return outcome.tag === "event" ? happened({ tag: "abandoned" }) : outcome;
  }
}

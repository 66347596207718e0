/**
 * Drives one pairing: load, step, save, then perform what the machine asks for, until there is
 * nothing more to do for now. Everything it needs is in the record, so that any process can go on
 * where another stopped. See docs/protocol/pairing.md §11.4 and §11.6.
 */
import { toBase64 } from "../../protocol/identity/encoding.ts";
import { resume } from "../../protocol/pairing/machine.ts";
import type { PairEffect, PairEvent } from "../../protocol/pairing/pair_event.ts";
import { isEnded, type PairState } from "../../protocol/pairing/pair_state.ts";
import { SEED_BYTES } from "../../protocol/pairing/spake2.ts";
import type { ClientContext } from "../context.ts";
import { revokeFor } from "../grants/hand_out.ts";
import { type Advanced, type AdvanceOptions, drive, type Transition } from "./drive.ts";
import { pairingGrantee } from "./grant_holder.ts";
import { abandon, look, openMeeting, publish, sealBootstrap } from "./meet_at_relay.ts";
import { notification } from "./notices.ts";
import { happened, NOTHING, type Outcome } from "./outcome.ts";
import { type Applied, applyEvent } from "./pair_records.ts";
import { pinPeer } from "./pin_peer.ts";

/** More steps than any pairing has between two looks. */
const MAX_STEPS = 16;

/**
 * Applies `first`, then goes on as far as it goes without waiting.
 * @throws {WireError} for what no relay is to blame for: the disk, a lock, an unreadable record
 */
export async function advance(
  context: ClientContext,
  code: string,
  first: PairEvent,
  options: AdvanceOptions,
): Promise<Advanced<PairState>> {
  return await drive(
    {
      maxSteps: MAX_STEPS,
      apply: (event: PairEvent) => applyEvent(context, code, event),
      resume: ({ state }: Applied) => resume(state),
      hasEnded: isEnded,
      transitionOf,
      perform: (applied, effect: PairEffect) => perform(context, applied, effect, options),
    },
    first,
    options,
  );
}

function transitionOf({ before, record, state }: Applied): Transition[] {
  const to = state.tag === "paired" ? "gone" : record.status;
  if (to === before.status) return [];
  const peerDid = state.tag === "paired" ? state.peerDid : record.peer_did;
  return [{ code: record.code, from: before.status, peer_did: peerDid, sas: record.sas, to }];
}

async function perform(
  context: ClientContext,
  { record, state }: Applied,
  effect: PairEffect,
  { signal, notify }: AdvanceOptions,
): Promise<Outcome> {
  switch (effect.tag) {
    case "drawSeed":
      return happened({
        tag: "seedDrawn",
        seed: toBase64(context.platform.random.bytes(SEED_BYTES)),
      });
    case "open":
      if (state.tag !== "requested" || state.seed === undefined) return NOTHING;
      return await openMeeting(context, { ...state, seed: state.seed }, signal);
    case "look":
      if (state.tag !== "polling" && state.tag !== "sas_ready" && state.tag !== "confirmed") {
        return NOTHING;
      }
      return await look(context, state, signal);
    case "seal":
      return state.tag === "confirmed" ? await sealBootstrap(context, state, signal) : NOTHING;
    case "publish":
      if (state.tag !== "confirmed") return NOTHING;
      return await publish(context, { ...state, sealed: effect.sealed }, signal);
    case "pin":
      return await pinPeer(context, state.about.code, effect);
    case "abandon":
      return await abandon(context, state.about, signal);
    case "forget":
      // What the peer of a finished pairing was given is its own by now.
      await revokeFor(context, pairingGrantee(record.code).did);
      await context.home.pendingPairs.remove(record.code);
      return NOTHING;
    case "notify": {
      if (isEnded(state)) await revokeFor(context, pairingGrantee(record.code).did);
      if (notify === "nobody") return NOTHING;
      const peerDid = state.tag === "paired" ? state.peerDid : undefined;
      const { title, body } = notification(effect.notice, record, peerDid);
      await context.platform.notifier.notify(title, body, {
        isAlsoPrinted: notify === "desktop only",
      });
      return NOTHING;
    }
  }
}

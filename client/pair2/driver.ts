/**
 * Drives one pairing of the form pair/2: load, step, save, then perform what the machine asks for,
 * until there is nothing more to do for now. Everything it needs is in the record, so that any
 * process can go on where another stopped. See docs/protocol/extensions.md §10.
 */
import type { Pair2Effect, Pair2Event } from "../../protocol/pair2/event.ts";
import { resume } from "../../protocol/pair2/machine.ts";
import { isOver, type Pair2State } from "../../protocol/pair2/state.ts";
import type { ClientContext } from "../context.ts";
import { revokeFor } from "../grants/hand_out.ts";
import { type Advanced, type AdvanceOptions, drive, type Transition } from "../pairing/drive.ts";
import { pairingGrantee } from "../pairing/grant_holder.ts";
import { NOTHING } from "../pairing/outcome.ts";
import { status2 } from "./listing.ts";
import { notification2 } from "./notices.ts";
import { heartbeat, makeOffer, reach, trust } from "./peer_effects.ts";
import { type Applied2, applyEvent2, nameplateOf } from "./records.ts";
import { claim, close, happened2, look, type Outcome2, put, reopen } from "./relay_effects.ts";

/** More steps than any pairing has between two looks. */
const MAX_STEPS = 32;

/**
 * Applies `first`, then goes on as far as it goes without waiting.
 * @throws {WireError} for what no relay is to blame for: the disk, a lock, an unreadable record
 */
export async function advance2(
  context: ClientContext,
  id: string,
  first: Pair2Event,
  options: AdvanceOptions,
): Promise<Advanced<Pair2State>> {
  return await drive(
    {
      maxSteps: MAX_STEPS,
      apply: (event: Pair2Event) => applyEvent2(context, id, event),
      resume: ({ self, state }: Applied2) => resume(self, state),
      hasEnded: isOver,
      transitionOf,
      perform: (applied, effect: Pair2Effect) => perform(context, applied, effect, options),
    },
    first,
    options,
  );
}

function transitionOf({ before, state }: Applied2): Transition[] {
  const [from, now] = [status2(before), status2(state)];
  if (from === now) return [];
  return [{
    // What a daemon tells may be kept in a log: without the words.
    code: nameplateOf(state) ?? "…",
    from,
    peer_did: "peerDid" in state ? state.peerDid : null,
    sas: "sas" in state ? state.sas : null,
    to: now === "finalized" ? "gone" : now,
  }];
}

async function perform(
  context: ClientContext,
  { id, state }: Applied2,
  effect: Pair2Effect,
  { signal, notify }: AdvanceOptions,
): Promise<Outcome2> {
  const relay = { context, signal };
  switch (effect.tag) {
    case "claim":
      return state.tag === "claiming" ? await claim(relay, state) : NOTHING;
    case "reopen": {
      const { random } = context.platform;
      return state.tag === "reopening" ? await reopen(relay, state, random) : NOTHING;
    }
    case "put":
      return "meeting" in state ? await put(relay, state, effect) : NOTHING;
    case "look":
      return "meeting" in state ? await look(relay, state) : NOTHING;
    case "makeOffer":
      return state.tag === "agreed" ? await makeOffer(context, id, state) : NOTHING;
    case "reach":
      return await reach(context, effect.mailbox);
    case "heartbeat":
      return state.tag === "held" ? await heartbeat(context, state, effect, signal) : NOTHING;
    case "trust":
      return await trust(context, id, effect);
    case "close": {
      if (!isOver(state)) return NOTHING;
      return await close(relay, state.remains.relayUrl, effect);
    }
    case "revoke":
      await revokeFor(context, pairingGrantee(id).did);
      return happened2({ tag: "revoked" });
    case "notify": {
      if (notify === "nobody") return NOTHING;
      const { title, body } = notification2(effect.notice, state);
      await context.platform.notifier.notify(title, body, {
        isAlsoPrinted: notify === "desktop only",
      });
      return NOTHING;
    }
  }
}

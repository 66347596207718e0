/**
 * A peer whose card is held speaks: any verified event of its key says that it holds ours, too. Such
 * events are in quarantine until the pin explains them. See docs/protocol/extensions.md §10.
 */
import { parseEvent, type WireEvent } from "../../protocol/event/event.ts";
import { WireError } from "../../protocol/errors.ts";
import { transcriptOf } from "../../protocol/pair2/derive.ts";
import { doneTranscript } from "../../protocol/pair2/heartbeat.ts";
import type { Self2 } from "../../protocol/pair2/event.ts";
import type { Held } from "../../protocol/pair2/state.ts";
import { pinCard } from "../../protocol/trust/trust.ts";
import { bareHandle } from "../../protocol/identity/did.ts";
import type { Home } from "../../store/home/home.ts";
import { Quarantine } from "../../store/mail/quarantine.ts";
import { judge } from "../sync/judge.ts";
import { heldCard } from "./peer_effects.ts";
import { applyEvent2, selfOf } from "./records.ts";

/**
 * To be called with what came into our mailbox, once it is stored.
 * @throws {WireError} unreadable, locked, write_failed
 */
export async function hearPeers(home: Home, events: readonly WireEvent[]): Promise<void> {
  // A record that cannot be read is told of where pairings are driven.
  for (const { id, state } of await home.pair2.list()) {
    if (state.tag !== "held" || state.peerDone) continue;
    const self = await selfOf({ home });
    if (!events.some((event) => isOfPeer(self, state, event))) continue;
    await applyEvent2({ home }, id, { tag: "heard", peerKey: state.peerKey });
  }
}

/**
 * The same for what came before the card was held: only what names this very pairing, since anything
 * else may be from long ago.
 */
export async function hearQuarantine(home: Home): Promise<void> {
  const { platform: { files, clock }, paths: { stateRoot } } = home;
  const kept = await new Quarantine({ files, clock, stateRoot }).list();
  const transient = kept.filter(({ record }) => record.transient);
  const events = transient.flatMap(({ record }) => eventsIn(record.text));
  await hearPeers(home, events.filter((event) => doneTranscript(event) !== undefined));
}

function isOfPeer(self: Self2, state: Held, event: WireEvent): boolean {
  const card = heldCard(state);
  if (card === undefined) return false;
  const at = "1970-01-01T00:00:00Z"; // never kept
  const pinned = pinCard(self.trust, card, { tier: "VERIFIED", at });
  if (!pinned.ok) return false;
  const judged = judge(event, pinned.store, { did: self.did, handle: bareHandle(self.did) });
  if (judged.tag !== "accepted" || judged.sender !== card.handle) return false;
  const th = doneTranscript(event);
  // That of another pairing says nothing about this one.
  return th === undefined || th === transcriptOf(self, state);
}

function eventsIn(text: string): WireEvent[] {
  try {
    return [parseEvent(text)];
  } catch (error) {
    if (error instanceof WireError) return []; // not an event
    throw error;
  }
}

/** One pairing in every state, and every event, for the tests of the machine and its records. */
import assert from "node:assert/strict";
import { admitCard, type AdmittedCard, makeCard } from "../identity/card.ts";
import { keyPairFromSeed } from "../identity/keys.ts";
import { type PairId, parseRelayUrl, type SlotId, type SlotToken } from "../ids.ts";
import type { MailboxRoute } from "./bootstrap.ts";
import { codeHash, parseCodePhrase } from "./code_phrase.ts";
import type { PairEvent } from "./pair_event.ts";
import type { PairAbout, PairMeeting, PairState } from "./pair_state.ts";

export const START = Temporal.Instant.from("2026-01-01T00:00:00Z").epochMilliseconds;
export const SEED = new Uint8Array(32).fill(7).toBase64();

const relayUrl = parseRelayUrl("http://relay.test");
assert.ok(relayUrl);
const code = parseCodePhrase("12-ABCDEF");

export const about = (role: "host" | "guest"): PairAbout => ({
  code,
  codeHash: codeHash(code),
  role,
  relayUrl,
  createdAt: START,
});

export const meeting: PairMeeting = {
  pairId: "c".repeat(32) as PairId,
  seed: SEED,
  slotId: "a".repeat(32),
  slotToken: "b".repeat(64),
};

export const mailbox: MailboxRoute = {
  relayUrl,
  slotId: "d".repeat(32) as SlotId,
  slotToken: "e".repeat(64) as SlotToken,
};

function admitted(handle: string, fill: number): AdmittedCard {
  const card = admitCard(
    makeCard({ handle, keys: keyPairFromSeed(new Uint8Array(32).fill(fill)) }),
  );
  assert.ok(card.ok);
  return card;
}

export const bob = admitted("bob", 2);
const eve = admitted("eve", 3);

export const SAS = "123456";

export function sampleStates(role: "host" | "guest"): readonly PairState[] {
  const it = about(role);
  const digits = { peerMsg: "U9rY", sas: SAS };
  const unstored = { peerMsg: undefined, sas: SAS };
  const confirmed = {
    tag: "confirmed",
    about: it,
    ...meeting,
    ...digits,
    confirmedAt: START + 60_000,
    proof: "typed",
    published: false,
  } as const;
  return [
    { tag: "requested", about: it },
    { tag: "requested", about: it, seed: SEED },
    { tag: "polling", about: it, ...meeting },
    { tag: "sas_ready", about: it, ...meeting, ...digits },
    { tag: "sas_ready", about: it, ...meeting, ...unstored },
    confirmed,
    { ...confirmed, ...unstored, confirmedAt: undefined, proof: "unproved" },
    { ...confirmed, sealed: "c2VhbGVk" },
    { ...confirmed, sealed: "c2VhbGVk", published: true },
    { ...confirmed, sealed: "c2VhbGVk", published: true, peerDid: bob.did },
    { tag: "stranded", about: it, error: "lost" },
    { tag: "paired", about: it, peerDid: bob.did },
    { tag: "aborted", about: it, error: "gone", abandonDue: false },
    { tag: "aborted", about: it, error: "declined", abandonDue: true },
    { tag: "aborted_restart", about: it, error: "lost", abandonDue: true },
  ];
}

export const SAMPLE_EVENTS: readonly PairEvent[] = [
  { tag: "tick", now: START + 1_000 },
  { tag: "tick", now: START + 29 * 60_000 },
  { tag: "tick", now: START + 30 * 60_000 },
  { tag: "tick", now: START + 3_600_001 },
  { tag: "seedDrawn", seed: SEED },
  { tag: "opened", pairId: meeting.pairId, slotId: meeting.slotId, slotToken: meeting.slotToken },
  { tag: "roleTaken", error: "pair_open failed: 409" },
  { tag: "peerJoined", peerMsg: "U9rY", sas: SAS },
  { tag: "peerJoined", peerMsg: "U/ez", sas: "654321" },
  { tag: "digitsTyped", digits: SAS, proof: "typed", now: START + 2_000 },
  { tag: "digitsTyped", digits: "654321", proof: "typed", now: START + 2_000 },
  { tag: "digitsTyped", digits: "12345", proof: "typed", now: START + 2_000 },
  { tag: "accepted", now: START + 2_000 },
  { tag: "declined", error: "declined" },
  { tag: "cancelled" },
  { tag: "sealed", sealed: "c2VhbGVk" },
  { tag: "published" },
  { tag: "peerOpened", card: bob, mailbox },
  { tag: "peerOpened", card: eve, mailbox },
  { tag: "pinned", peerDid: bob.did },
  { tag: "pinned", peerDid: eve.did },
  { tag: "gone", error: "expired" },
  { tag: "failed", error: "failed" },
  { tag: "abandoned" },
];

/** What the same man in the middle must know of each form: where his messages go, and what follows. */
import { makeCard } from "../../../protocol/identity/card.ts";
import { makeDid } from "../../../protocol/identity/did.ts";
import { type KeyPair, keyPairFromSeed } from "../../../protocol/identity/keys.ts";
import { type Did, isCodeHash, isHandle } from "../../../protocol/ids.ts";
import type { JsonObject } from "../../../protocol/json/value.ts";
import { bootstrap2Plaintext, sealCard, sealDone } from "../../../protocol/pair2/card.ts";
import { parsePair2Code, passwordOf } from "../../../protocol/pair2/code.ts";
import { makeConfirm } from "../../../protocol/pair2/confirm.ts";
import {
  commitment,
  identityOf,
  keyCommitment,
  sasDigits2,
  type Shared,
  transcriptHash,
} from "../../../protocol/pair2/encoding.ts";
import { otherSide, type Side } from "../../../protocol/pair2/side.ts";
import {
  bootstrapKey,
  bootstrapPlaintext,
  type MailboxRoute,
  seal,
} from "../../../protocol/pairing/bootstrap.ts";
import { concat } from "../../../protocol/pairing/bytes.ts";
import { codeHash, parseCodePhrase } from "../../../protocol/pairing/code_phrase.ts";
import { sasDigits } from "../../../protocol/pairing/sas.ts";
import { bytesFor } from "../adversary.ts";
import type { Code, Try } from "../middle_man.ts";
import type { AnyPhase, FormName, Room } from "./room.ts";

/** His key toward that victim. */
export const hisKeys = (victim: Side): KeyPair =>
  keyPairFromSeed(bytesFor(`his key toward the ${victim}`, 32));

/** In whose name he speaks to that victim. */
export const hisDid = (victim: Side): Did => makeDid(SHOWN_NAME[victim], hisKeys(victim).publicKey);

const SHOWN_NAME: Readonly<Record<Side, string>> = { host: "bob", guest: "alice" };

function hisCard(victim: Side): JsonObject {
  const handle = SHOWN_NAME[victim];
  if (!isHandle(handle)) throw new TypeError(handle);
  return makeCard({ handle, keys: hisKeys(victim) });
}

/** Where he is in one exchange: the victim, his message, and the message he is committed to. */
export interface Hand {
  readonly victim: Side;
  readonly attempt: Try;
  /** Only in pair/2 it binds him. */
  readonly committed: Try;
}

export interface FormOf {
  /** The phase that holds the SPAKE2 message, and where the card is. */
  readonly exchange: AnyPhase;
  readonly sealed: AnyPhase;
  /** Password and identity of the exchange. */
  code(room: Room, text: string): Code;
  /** Codes that begin so. */
  candidates(start: string): Iterable<string>;
  /** Whether what a relay sees fits that code; undefined: it cannot tell. */
  fits(room: Room, text: string): boolean | undefined;
  /** What the victim's screen shows if it takes the attempt. */
  digits(room: Room, hand: Hand): string;
  /** His bytes for that phase. */
  says(room: Room, hand: Hand, phase: AnyPhase, mailbox: MailboxRoute | undefined): Uint8Array;
}

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

function* longer(start: string): Generator<string> {
  if (start.length === "42-K7QX2M".length) return yield start;
  for (const letter of BASE32) yield* longer(start + letter);
}

const old: FormOf = {
  exchange: "message",
  sealed: "bootstrap",
  code: (room, text) => ({
    password: new TextEncoder().encode(text),
    identity: new TextEncoder().encode(room.known.shownHash),
  }),
  candidates: longer,
  fits: (room, text) => codeHash(parseCodePhrase(text)) === room.known.shownHash,
  digits: (_room, { attempt }) => sasDigits(attempt.key),
  says(room, { victim, attempt }, phase, mailbox) {
    if (phase === "message") return attempt.message;
    const { shownHash } = room.known;
    if (!isCodeHash(shownHash)) throw new TypeError(shownHash);
    if (mailbox === undefined) throw new TypeError("expected a mailbox of his");
    const plaintext = bootstrapPlaintext(hisCard(victim), mailbox);
    return seal(bootstrapKey(attempt.key, shownHash), bytesFor(victim, 12), plaintext);
  },
};

const HIS_R = bytesFor("his r", 32);

const pair2: FormOf = {
  exchange: "pake",
  sealed: "card",
  code: ({ pairId }, text) => ({
    password: passwordOf(parsePair2Code(text).words),
    identity: identityOf(pairId),
  }),
  *candidates(start) {
    // The last word is any, as far as he knows.
    const words = start.split("-").length - 1;
    yield words === 3 ? start : `${start}-${start.endsWith("zoo") ? "zero" : "zoo"}`;
  },
  fits: () => undefined,
  digits(room, hand) {
    return sasDigits2(sharedWith(room, hand), keysWith(room, hand.victim));
  },
  says(room, hand, phase, mailbox) {
    const { victim } = hand;
    const side = otherSide(victim);
    switch (phase) {
      case "commit":
        return commitment({ side, pairId: room.pairId }, hisPake(room, victim, hand.committed));
      case "pake":
        return hisPake(room, victim, hand.attempt);
      case "confirm": {
        const nonce = bytesFor("confirm", 12);
        const shared = sharedWith(room, hand);
        return makeConfirm({ side, shared, keys: hisKeys(victim), r: HIS_R, nonce });
      }
      case "card": {
        if (mailbox === undefined) throw new TypeError("expected a mailbox of his");
        const { relayUrl, slotId, slotToken } = mailbox;
        const route = { relayUrl, slotId, grant: slotToken };
        const offer = { card: hisCard(victim), mailbox: route, endpoints: [] };
        const nonce = bytesFor("card", 12);
        return sealCard(
          { side, shared: sharedWith(room, hand), nonce },
          bootstrap2Plaintext(offer),
        );
      }
      default: {
        const did = hisDid(side);
        return sealDone({ side, shared: sharedWith(room, hand), nonce: bytesFor("done", 12) }, did);
      }
    }
  },
};

const hisPake = ({ pairId }: Room, victim: Side, { message }: Try): Uint8Array =>
  concat(
    message,
    keyCommitment({ side: otherSide(victim), pairId }, {
      publicKey: hisKeys(victim).publicKey,
      r: HIS_R,
    }),
  );

function sharedWith(room: Room, hand: Hand): Shared {
  const { victim, attempt, committed } = hand;
  const { pairId, known: { nameplate } } = room;
  const pake = hisPake(room, victim, attempt);
  const commit = commitment(
    { side: otherSide(victim), pairId },
    hisPake(room, victim, committed),
  );
  const nothing = new Uint8Array(0);
  const { commit: theirs = nothing, pake: theirPake = nothing } = room.put[victim];
  const th = transcriptHash({
    pairId,
    nameplate,
    commits: bySide(victim, theirs, commit),
    pakes: bySide(victim, theirPake, pake),
  });
  return { key: attempt.key, th };
}

const keysWith = ({ known }: Room, victim: Side): Record<Side, Uint8Array> =>
  bySide(victim, known.keys[victim], hisKeys(victim).publicKey);

const bySide = <T>(victim: Side, theirs: T, his: T): Record<Side, T> =>
  victim === "host" ? { host: theirs, guest: his } : { host: his, guest: theirs };

export const FORMS: Readonly<Record<FormName, FormOf>> = { "0.5.19": old, "pair/2": pair2 };

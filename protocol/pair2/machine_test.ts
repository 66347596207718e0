import assert from "node:assert/strict";
import { admitCard, makeCard } from "../identity/card.ts";
import { makeDid } from "../identity/did.ts";
import { keyPairFromSeed } from "../identity/keys.ts";
import { isHandle, isSlotId, isSlotToken, parseRelayUrl } from "../ids.ts";
import type { JsonObject } from "../json/value.ts";
import { emptyTrust, pinCard, type TrustStore } from "../trust/trust.ts";
import type { Bootstrap2 } from "./card.ts";
import { otherSide, type Side } from "./side.ts";
import type { Pair2Effect, Pair2Event, Phase, Self2 } from "./event.ts";
import { begin, resume, step } from "./machine.ts";
import { DUE_MS, FINISH_MS, LIFE_MS, type Pair2State, type Secrets2 } from "./state.ts";

const fill = (byte: number, length: number): Uint8Array => new Uint8Array(length).fill(byte);
const secrets = (byte: number): Secrets2 => ({
  seed: fill(byte, 32).toBase64(),
  r: fill(byte + 1, 32).toBase64(),
  confirmNonce: fill(byte + 2, 12).toBase64(),
  cardNonce: fill(byte + 3, 12).toBase64(),
  doneNonce: fill(byte + 4, 12).toBase64(),
});
const relayUrl = parseRelayUrl("https://relay.example");
assert.ok(relayUrl !== undefined);

function cardOf(handle: string, byte: number): JsonObject {
  assert.ok(isHandle(handle));
  return makeCard({ handle, keys: keyPairFromSeed(fill(byte, 32)) });
}

const KEY: Readonly<Record<Side, number>> = { host: 1, guest: 2 };
const NAME: Readonly<Record<Side, string>> = { host: "alice", guest: "bob" };

/** Two machines, each seeing at once what the other puts, until one of them is told to wait. */
class Table {
  readonly put: Record<Side, Partial<Record<Phase, string>>> = { host: {}, guest: {} };
  readonly effects: Record<Side, Pair2Effect[]> = { host: [], guest: [] };
  readonly states: Record<Side, Pair2State>;
  readonly selves: Record<Side, Self2>;

  constructor(trust: TrustStore = emptyTrust()) {
    const self = (side: Side): Self2 => {
      const keys = keyPairFromSeed(fill(KEY[side], 32));
      return { keys, did: makeDid(NAME[side], keys.publicKey), trust };
    };
    const start = (side: Side): Pair2State =>
      begin({
        side,
        relayUrl: relayUrl ?? assert.fail(),
        claim: "0".repeat(32),
        words: ["zoo", "zoo", "zoo"],
        createdAt: 0,
        reopened: 0,
        tried: false,
      }, secrets(side === "host" ? 10 : 20));
    this.selves = { host: self("host"), guest: self("guest") };
    this.states = { host: start("host"), guest: start("guest") };
  }

  give(side: Side, event: Pair2Event): Pair2State {
    const [state, effects] = step(this.selves[side], this.states[side], event);
    this.states[side] = state;
    this.effects[side].push(...effects);
    return state;
  }

  claim(side: Side): void {
    const meeting = {
      nameplate: "4821",
      pairId: "a".repeat(32),
      sideToken: "b".repeat(32),
      expiresAt: LIFE_MS,
    };
    this.give(side, { tag: "claimed", meeting });
  }

  look(side: Side, now: number = 1): Pair2State {
    const peer = this.put[otherSide(side)];
    const look = { joined: true, expiresAt: LIFE_MS, peer, closed: null };
    return this.give(side, { tag: "looked", look, now });
  }

  /** Puts what is due. */
  write(side: Side, now: number = 1): void {
    for (const effect of resume(this.selves[side], this.states[side])) {
      if (effect.tag !== "put") continue;
      this.put[side][effect.phase] = effect.body;
      this.give(side, { tag: "put", phase: effect.phase, now });
    }
  }

  toDigits(): this {
    for (const side of ["host", "guest"] as const) this.claim(side);
    for (let i = 0; i < 6; i++) {
      for (const side of ["guest", "host"] as const) {
        this.write(side);
        this.look(side);
      }
    }
    assert.deepEqual([this.states.host.tag, this.states.guest.tag], ["comparing", "comparing"]);
    return this;
  }

  offer(side: Side, card: JsonObject = cardOf(NAME[side], KEY[side])): void {
    const slotId = "c".repeat(32);
    const grant = "d".repeat(64);
    assert.ok(isSlotId(slotId) && isSlotToken(grant) && relayUrl !== undefined);
    const offer: Bootstrap2 = { card, mailbox: { relayUrl, slotId, grant }, endpoints: [] };
    this.give(side, { tag: "offerMade", offer });
    this.write(side);
  }
}

const errorOf = (state: Pair2State): string => state.tag === "ended" ? state.error : state.tag;

Deno.test("lesson 15: no card leaves, and none is opened, before our own operator's yes", () => {
  const table = new Table().toDigits();
  table.give("guest", { tag: "accepted" });
  table.offer("guest");
  const before = table.states.host;
  assert.equal(table.look("host"), before, "the guest's card is there, and stays sealed");
  table.offer("host");
  assert.equal(table.states.host.tag, "comparing");
  assert.equal(table.put.host.card, undefined);
  assert.doesNotMatch(JSON.stringify(table.effects.host), /makeOffer|trust|reach/);
  table.give("host", { tag: "accepted" });
  table.offer("host");
  assert.equal(table.look("host").tag, "held");
});

Deno.test("a card of another key, an altered one, or our own, ends the pairing", () => {
  const cards: [JsonObject, RegExp][] = [
    [cardOf("bob", 9), /another key than the one the digits stand for/],
    [cardOf("alice", 1), /another key than the one the digits stand for/],
    [{ ...cardOf("bob", 2), name: "Bobby" }, /not valid/],
    [{ ...cardOf("bob", 2), did: "did:wire:bob-00000000" }, /not valid/],
    [{}, /not valid/],
  ];
  for (const [card, text] of cards) {
    const table = new Table().toDigits();
    for (const side of ["guest", "host"] as const) table.give(side, { tag: "accepted" });
    table.offer("guest", card);
    table.offer("host");
    assert.match(errorOf(table.look("host")), text);
    assert.deepEqual(resume(table.selves.host, table.states.host).map((it) => it.tag), [
      "close",
      "revoke",
    ]);
  }
});

Deno.test("a name that is pinned to another key is never paired over", () => {
  const other = admitCard(cardOf("bob", 9));
  assert.ok(other.ok);
  const pinned = pinCard(emptyTrust(), other, { tier: "VERIFIED", at: "2026-01-01T00:00:00Z" });
  assert.ok(pinned.ok);
  const table = new Table(pinned.store).toDigits();
  for (const side of ["guest", "host"] as const) {
    table.give(side, { tag: "accepted" });
    table.offer(side);
  }
  assert.match(errorOf(table.look("host")), /pinned to another key/);
});

Deno.test("six wrong digits end it, five are a slip of the finger", () => {
  const table = new Table().toDigits();
  const { guest } = table.states;
  assert.ok(guest.tag === "comparing");
  const typed = (digits: string): Pair2Event => ({ tag: "digitsTyped", digits, proof: "typed" });
  assert.equal(table.give("host", typed("12345")).tag, "comparing");
  const wrong = guest.sas === "000000" ? "000001" : "000000";
  assert.match(errorOf(table.give("host", typed(wrong))), /mismatch; somebody may have tried/);
  assert.equal(table.give("guest", typed(guest.sas)).tag, "agreed");
});

Deno.test("a guest that holds the code and waits is shut out, twice; then the code ends", () => {
  const table = new Table();
  table.claim("host");
  table.write("host");
  for (let opening = 1; opening <= 3; opening++) {
    assert.equal(table.look("host", 1_000).tag, "waiting");
    assert.equal(table.give("host", { tag: "tick", now: 1_000 + DUE_MS }).tag, "waiting");
    assert.equal(table.look("host", 999 + DUE_MS).tag, "waiting");
    const state = table.look("host", 1_000 + DUE_MS);
    if (opening === 3) {
      assert.match(errorOf(state), /without going on, three times/);
      break;
    }
    assert.ok(state.tag === "reopening");
    assert.equal(state.about.reopened, opening, "counted before anything is sent");
    assert.deepEqual(resume(table.selves.host, state), [{ tag: "reopen" }]);
    const meeting = { ...state.meeting, pairId: String(opening).repeat(32) };
    table.give("host", { tag: "reopened", meeting, secrets: secrets(30 + opening * 10) });
    table.write("host");
  }
});

Deno.test("lesson 15: a side that never hears the other's last word drops it after a day, and says so", () => {
  const table = new Table().toDigits();
  for (const side of ["guest", "host"] as const) table.give(side, { tag: "accepted" });
  for (const side of ["guest", "host"] as const) table.offer(side);
  table.look("host", 5);
  table.give("host", { tag: "reached" });
  table.write("host");
  table.give("host", { tag: "mailed" });
  assert.equal(table.states.host.tag, "held");
  assert.equal(table.give("host", { tag: "trusted" }).tag, "held", "nobody is trusted yet");
  assert.equal(table.give("host", { tag: "failed", error: "gone" }).tag, "held");
  assert.equal(table.give("host", { tag: "heard", peerKey: "00".repeat(32) }).tag, "held");
  assert.equal(table.give("host", { tag: "tick", now: 4 + FINISH_MS }).tag, "held");
  const over = table.give("host", { tag: "tick", now: 5 + FINISH_MS });
  assert.match(errorOf(over), /did:wire:bob-[0-9a-f]{8} may show you as verified: pair again$/);
});

Deno.test("any verified event of the peer's key completes, and then no secret remains", () => {
  const table = new Table().toDigits();
  for (const side of ["guest", "host"] as const) table.give(side, { tag: "accepted" });
  for (const side of ["guest", "host"] as const) table.offer(side);
  table.look("host");
  table.give("host", { tag: "reached" });
  table.give("host", { tag: "putRefused", phase: "done", error: "pairing closed" });
  table.give("host", { tag: "mailed" });
  const peerKey = keyPairFromSeed(fill(2, 32)).publicKey.toHex();
  table.give("host", { tag: "heard", peerKey });
  assert.equal(table.effects.host.at(-1)?.tag, "trust");
  const state = table.give("host", { tag: "trusted" });
  assert.ok(state.tag === "verified");
  assert.equal(state.peerKey, peerKey);
  assert.doesNotMatch(JSON.stringify(state), /zoo|seed|nonce/i);
  assert.equal(table.give("host", { tag: "cancelled" }), state, "what is over stays over");
});

Deno.test("lesson 16: an unanswered code ends by itself", () => {
  const table = new Table();
  assert.equal(table.give("guest", { tag: "tick", now: LIFE_MS - 1 }).tag, "claiming");
  assert.match(errorOf(table.give("guest", { tag: "tick", now: LIFE_MS })), /expired/);
});

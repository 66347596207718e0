/** T2, T6 and T7 of docs/protocol/pairing.md §21: the relay itself in the middle, in both forms. */
import assert from "node:assert/strict";
import { keyPairFromSeed } from "../../protocol/identity/keys.ts";
import { concat } from "../../protocol/pairing/bytes.ts";
import { codeHash, parseCodePhrase } from "../../protocol/pairing/code_phrase.ts";
import { sasDigits } from "../../protocol/pairing/sas.ts";
import { startSpake2 } from "../../protocol/pairing/spake2.ts";
import { passwordOf } from "../../protocol/pair2/code.ts";
import { makeConfirm } from "../../protocol/pair2/confirm.ts";
import {
  commitment,
  identityOf,
  keyCommitment,
  sasDigits2,
  type Shared,
  transcriptHash,
} from "../../protocol/pair2/encoding.ts";
import { otherSide, type Side } from "../../protocol/pair2/side.ts";
import type { Look, Pair2Effect, Phase } from "../../protocol/pair2/event.ts";
import { begin, step } from "../../protocol/pair2/machine.ts";
import type { Pair2State } from "../../protocol/pair2/state.ts";
import { aboutFor, bytesFor, identityFor, NAMEPLATE, secretsFor, WORDS3 } from "./adversary.ts";
import { findTwins, tries, type Try } from "./middle_man.ts";

const encoder = new TextEncoder();

Deno.test("T2: against the old form, a relay that knows the code makes both screens agree", () => {
  const code = parseCodePhrase("42-K7QX2M");
  const hash = codeHash(code);
  const host = startSpake2({ code, codeHash: hash, seed: bytesFor("host", 32) });
  const guest = startSpake2({ code, codeHash: hash, seed: bytesFor("guest", 32) });
  const known = { password: encoder.encode(code), identity: encoder.encode(hash) };
  const toward = (shown: Uint8Array) => ({
    tries: tries(known, shown),
    digits: ({ key }: Try) => sasDigits(key),
  });
  const twins = findTwins(toward(host.message), toward(guest.message));
  const atHost = host.finish(twins.towardHost.message);
  const atGuest = guest.finish(twins.towardGuest.message);
  assert.ok(atHost.ok && atGuest.ok);
  assert.equal(sasDigits(atHost.key), sasDigits(atGuest.key), "the operators see nothing");
  assert.notDeepEqual(atHost.key, atGuest.key, "and each has a key with him");
  assert.deepEqual(atHost.key, twins.towardHost.key);
  assert.ok(twins.attempts < 10_000);
});

/** A victim of pair/2: the machine, and the relay that the attacker is. */
class Victim {
  readonly pairId = bytesFor("pair", 16).toHex();
  readonly put: Partial<Record<Phase, string>> = {};
  readonly self;
  state: Pair2State;

  constructor(readonly side: Side, handle: string) {
    this.self = identityFor(handle).self;
    this.state = begin(aboutFor(side), secretsFor(side));
    const meeting = {
      nameplate: NAMEPLATE,
      pairId: this.pairId,
      sideToken: "0".repeat(32),
      expiresAt: 0,
    };
    this.#take(step(this.self, this.state, { tag: "claimed", meeting }));
  }

  /** Shows the victim these phases of its peer; what it answers is put at once. */
  show(peer: Look["peer"]): void {
    const look = { joined: true, expiresAt: 0, peer, closed: null };
    this.#take(step(this.self, this.state, { tag: "looked", look, now: 1 }));
  }

  bytes(phase: Phase): Uint8Array {
    return Uint8Array.fromBase64(this.put[phase] ?? "");
  }

  #take([state, effects]: readonly [Pair2State, readonly Pair2Effect[]]): void {
    this.state = state;
    for (const effect of effects) {
      if (effect.tag !== "put") continue;
      this.put[effect.phase] = effect.body;
      this.#take(step(this.self, state, { tag: "put", phase: effect.phase, now: 1 }));
    }
  }
}

const his = keyPairFromSeed(bytesFor("his key", 32));
/** Of somebody else: before a victim has shown its own, there is no key to compute. */
const ANY_MESSAGE = startSpake2({
  code: parseCodePhrase("42-K7QX2M"),
  codeHash: codeHash(parseCodePhrase("42-K7QX2M")),
  seed: bytesFor("anybody", 32),
}).message;
const hisR = bytesFor("his r", 32);
const hisCode = (victim: Victim) => ({
  password: passwordOf(WORDS3),
  identity: identityOf(victim.pairId),
});

/** What he shows a victim as its peer: the exchange of that attempt, with his key behind it. */
function hisPake({ side, pairId }: Victim, { message }: Try): Uint8Array {
  const place = { side: otherSide(side), pairId };
  return concat(message, keyCommitment(place, { publicKey: his.publicKey, r: hisR }));
}

const hisCommit = ({ side, pairId }: Victim, pake: Uint8Array): Uint8Array =>
  commitment({ side: otherSide(side), pairId }, pake);

/** What the victim will have shared with him, if it takes that attempt behind that commitment. */
function sharedWith(victim: Victim, attempt: Try, commit: Uint8Array): Shared {
  const mine = { commit, pake: hisPake(victim, attempt) };
  const theirs = { commit: victim.bytes("commit"), pake: victim.bytes("pake") };
  const [host, guest] = victim.side === "host" ? [theirs, mine] : [mine, theirs];
  const th = transcriptHash({
    pairId: victim.pairId,
    nameplate: NAMEPLATE,
    commits: { host: host.commit, guest: guest.commit },
    pakes: { host: host.pake, guest: guest.pake },
  });
  return { key: attempt.key, th };
}

/** The victim's screen. */
function digitsWith(victim: Victim, shared: Shared): string {
  const theirs = victim.self.keys.publicKey;
  const keys = victim.side === "host"
    ? { host: theirs, guest: his.publicKey }
    : { host: his.publicKey, guest: theirs };
  return sasDigits2(shared, keys);
}

/** His first scalar for that victim: a message of his own, and the key once the victim has shown one. */
const firstTry = (victim: Victim, shown: Uint8Array): Try =>
  tries(hisCode(victim), shown, victim.side).next().value;

/** All that he can do before he sees a victim's exchange: commit to one of his own. */
const blindTry = (victim: Victim): Try => firstTry(victim, ANY_MESSAGE);

function victims(): { host: Victim; guest: Victim } {
  return { host: new Victim("host", "alice"), guest: new Victim("guest", "bob") };
}

Deno.test("T2: against pair/2 he finds such messages too late: they are not what he committed to", () => {
  const { host, guest } = victims();
  const commits = new Map<Victim, Uint8Array>();
  for (const victim of [host, guest]) {
    assert.equal(victim.put.pake, undefined, "nothing to search against before he has committed");
    const commit = hisCommit(victim, hisPake(victim, blindTry(victim)));
    commits.set(victim, commit);
    victim.show({ commit: commit.toBase64() });
    assert.equal(victim.bytes("pake").length, 65);
  }
  const toward = (victim: Victim) => ({
    tries: tries(hisCode(victim), victim.bytes("pake").subarray(0, 33)),
    digits: (attempt: Try) =>
      digitsWith(victim, sharedWith(victim, attempt, commits.get(victim) ?? new Uint8Array(32))),
  });
  const twins = findTwins(toward(host), toward(guest));
  for (const [victim, attempt] of [[host, twins.towardHost], [guest, twins.towardGuest]] as const) {
    const commit = commits.get(victim)?.toBase64() ?? "";
    victim.show({ commit, pake: hisPake(victim, attempt).toBase64() });
    assert.ok(victim.state.tag === "ended");
    assert.match(victim.state.error, /not the one it committed to.*somebody may have tried/);
  }
});

Deno.test("T2: against pair/2 with his commitments kept, the words known, the screens differ", () => {
  const { host, guest } = victims();
  for (const victim of [host, guest]) {
    const pake = hisPake(victim, blindTry(victim));
    const commit = hisCommit(victim, pake).toBase64();
    victim.show({ commit });
    // The same scalar against what the victim has shown: he knows the words, so he has the key.
    const kept = firstTry(victim, victim.bytes("pake").subarray(0, 33));
    const shared = sharedWith(victim, kept, Uint8Array.fromBase64(commit));
    const shown = { commit, pake: pake.toBase64() };
    victim.show(shown);
    const confirm = makeConfirm({
      side: otherSide(victim.side),
      shared,
      keys: his,
      r: hisR,
      nonce: bytesFor("nonce", 12),
    }).toBase64();
    victim.show({ ...shown, confirm });
    assert.equal(victim.state.tag, "comparing", "each victim has a whole exchange with him");
  }
  assert.ok(host.state.tag === "comparing" && guest.state.tag === "comparing");
  assert.equal(host.state.peerKey, his.publicKey.toHex());
  assert.notEqual(
    host.state.sas,
    guest.state.sas,
    "one chance in a million, and it was not this one",
  );
  const [ended] = step(host.self, host.state, {
    tag: "digitsTyped",
    digits: guest.state.sas,
    proof: "typed",
  });
  assert.equal(ended.tag, "ended");
});

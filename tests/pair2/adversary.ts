/**
 * Two sides of a pairing of the form pair/2 with somebody between them who owns the relay: it shows
 * what it likes of what was put, in any order, late, twice or never, and restarts either side between
 * saving and doing. The operators compare digits over a voice line that it does not own.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { makeCard } from "../../protocol/identity/card.ts";
import { makeDid } from "../../protocol/identity/did.ts";
import { keyPairFromSeed } from "../../protocol/identity/keys.ts";
import { isHandle, isSlotId, isSlotToken, parseRelayUrl } from "../../protocol/ids.ts";
import type { Bootstrap2 } from "../../protocol/pair2/card.ts";
import { otherSide, type Side } from "../../protocol/pair2/side.ts";
import {
  type Look,
  type Pair2Effect,
  type Pair2Event,
  type Phase,
  PHASES,
  type Self2,
} from "../../protocol/pair2/event.ts";
import { begin, resume, step } from "../../protocol/pair2/machine.ts";
import { parsePair2, printPair2 } from "../../protocol/pair2/record.ts";
import type { Pair2About, Pair2State, Secrets2 } from "../../protocol/pair2/state.ts";
import { selfEntry } from "../../protocol/trust/trust.ts";

export const WORDS3 = ["abandon", "ability", "able"];
export const NAMEPLATE = "4821";
const RELAY_URL = parseRelayUrl("https://relay.example");

/** Bytes that are the same in every run. */
export const bytesFor = (label: string, length: number): Uint8Array =>
  Uint8Array.from(createHash("shake256", { outputLength: length }).update(label).digest());

export const secretsFor = (label: string): Secrets2 => {
  const drawn = (name: string, length: number) => bytesFor(`${label} ${name}`, length).toBase64();
  return {
    seed: drawn("seed", 32),
    r: drawn("r", 32),
    confirmNonce: drawn("confirm", 12),
    cardNonce: drawn("card", 12),
    doneNonce: drawn("done", 12),
  };
};

/** An identity of that handle, and what it offers to its peer. */
export function identityFor(handle: string): { readonly self: Self2; readonly offer: Bootstrap2 } {
  assert.ok(isHandle(handle) && RELAY_URL !== undefined);
  const keys = keyPairFromSeed(bytesFor(`${handle} key`, 32));
  const did = makeDid(handle, keys.publicKey);
  const at = "2026-11-21T05:00:00Z";
  const slotId = bytesFor(`${handle} slot`, 16).toHex();
  const grant = bytesFor(`${handle} grant`, 32).toHex();
  assert.ok(isSlotId(slotId) && isSlotToken(grant));
  return {
    self: { keys, did, trust: selfEntry({ handle, did, publicKey: keys.publicKey }, { at }) },
    offer: {
      card: makeCard({ handle, keys }),
      mailbox: { relayUrl: RELAY_URL, slotId, grant },
      endpoints: [],
    },
  };
}

export const aboutFor = (side: Side, words: readonly string[] = WORDS3): Pair2About => {
  assert.ok(RELAY_URL !== undefined);
  return {
    side,
    relayUrl: RELAY_URL,
    claim: bytesFor(side, 16).toHex(),
    words,
    ...(side === "guest" ? { nameplate: NAMEPLATE } : {}),
    createdAt: 0,
    reopened: 0,
    tried: false,
  };
};

type Phases = Partial<Record<Phase, string>>;

interface Opening {
  readonly pairId: string;
  readonly put: Record<Side, Phases>;
  joined: boolean;
  closed: "done" | "abandoned" | null;
}

export interface Agent {
  readonly side: Side;
  readonly self: Self2;
  readonly offer: Bootstrap2;
  state: Pair2State;
  pending: Pair2Effect[];
  /** Mail of the peer that has not been read. */
  mail: string[];
  /** What other programs see. */
  pinned?: string;
  /** Whom it held at any time. */
  everHeld?: string;
  lastEvent?: Pair2Event;
}

export type Loss = "none" | "request" | "reply";

export class Duel {
  readonly agents: Record<Side, Agent>;
  readonly openings: Opening[] = [];
  /** In place of what that side put. */
  readonly forged: Record<Side, Phases> = { host: {}, guest: {} };
  now = 1_000;

  constructor(guestWords: readonly string[] = WORDS3) {
    const agent = (side: Side, handle: string, words: readonly string[]): Agent => ({
      side,
      ...identityFor(handle),
      state: begin(aboutFor(side, words), secretsFor(side)),
      pending: [{ tag: "claim" }],
      mail: [],
    });
    this.agents = {
      host: agent("host", "alice", WORDS3),
      guest: agent("guest", "bob", guestWords),
    };
  }

  /** Steps, saves, checks, and only then has something to do. */
  give(side: Side, event: Pair2Event): void {
    const agent = this.agents[side];
    const [next, effects] = step(agent.self, agent.state, event);
    agent.state = parsePair2(printPair2(next)); // what a file gives back
    agent.lastEvent = event;
    agent.pending.push(...effects.filter((effect) => effect.tag !== "notify"));
    this.check();
  }

  restart(side: Side): void {
    const agent = this.agents[side];
    agent.pending = [...resume(agent.self, agent.state)];
  }

  /** Does the next thing a side wants done; the adversary may lose it or its answer. */
  run(side: Side, loss: Loss, hidden: readonly Phase[] = []): void {
    const agent = this.agents[side];
    const effect = agent.pending.shift() ?? resume(agent.self, agent.state)[0];
    if (effect === undefined || loss === "request") return;
    const event = this.#perform(agent, effect, hidden);
    if (event !== undefined && loss === "none") this.give(side, event);
  }

  /** The operators read their digits to each other; without the other's, nobody says yes. */
  compare(side: Side): void {
    const own = this.agents[side].state;
    const other = this.agents[otherSide(side)].state;
    if (own.tag !== "comparing" || !("sas" in other)) return;
    this.give(side, { tag: "digitsTyped", digits: other.sas, proof: "typed" });
  }

  readMail(side: Side): void {
    const agent = this.agents[side];
    const peerKey = agent.mail.shift();
    if (peerKey !== undefined) this.give(side, { tag: "heard", peerKey });
  }

  #perform(agent: Agent, effect: Pair2Effect, hidden: readonly Phase[]): Pair2Event | undefined {
    const { side, state } = agent;
    switch (effect.tag) {
      case "claim": {
        if (side === "guest" && this.openings.length === 0) return undefined;
        const opening = this.openings.at(-1) ?? this.#open();
        if (side === "guest") opening.joined = true;
        return { tag: "claimed", meeting: this.#meeting(opening, side) };
      }
      case "reopen": {
        const old = state.tag === "reopening" ? this.#find(state.meeting.pairId) : undefined;
        if (old === undefined) return undefined;
        const isNew = this.openings.at(-1) === old;
        old.closed = "abandoned";
        const opening = isNew ? this.#open() : this.openings.at(-1);
        if (opening === undefined) return undefined;
        const secrets = secretsFor(`${side} ${this.openings.length} ${this.now}`);
        return { tag: "reopened", meeting: this.#meeting(opening, side), secrets };
      }
      case "put": {
        const opening = this.#of(state);
        if (opening === undefined) return undefined;
        const { phase, body } = effect;
        if (opening.closed !== null) return { tag: "putRefused", phase, error: "pairing closed" };
        const before = opening.put[side][phase];
        assert.ok(
          before === undefined || before === body,
          `${side} put ${phase} twice, differently`,
        );
        opening.put[side][phase] = body;
        return { tag: "put", phase, now: this.now };
      }
      case "look": {
        const opening = this.#of(state);
        return opening === undefined ? undefined : this.#looked(opening, side, hidden);
      }
      case "makeOffer":
        return { tag: "offerMade", offer: agent.offer };
      case "reach":
        return { tag: "reached" };
      case "heartbeat":
        this.agents[otherSide(side)].mail.push(agent.self.keys.publicKey.toHex());
        return { tag: "mailed" };
      case "trust":
        assert.equal(state.tag, "held");
        if (state.tag === "held") agent.pinned = state.peerKey;
        return { tag: "trusted" };
      case "close": {
        const opening = this.#find(effect.pairId);
        if (opening !== undefined && opening.closed === null) {
          const { host, guest } = opening.put;
          const both = host.done !== undefined && guest.done !== undefined;
          opening.closed = both ? "done" : "abandoned";
        }
        return { tag: "closed" };
      }
      case "revoke":
        return { tag: "revoked" };
      case "notify":
        return undefined;
    }
  }

  #looked(opening: Opening, side: Side, hidden: readonly Phase[]): Pair2Event {
    const peer: Phases = { ...opening.put[otherSide(side)], ...this.forged[otherSide(side)] };
    for (const phase of hidden) delete peer[phase];
    const look: Look = { joined: opening.joined, expiresAt: 0, peer, closed: opening.closed };
    return { tag: "looked", look, now: this.now };
  }

  #open(): Opening {
    const opening: Opening = {
      pairId: bytesFor(`opening ${this.openings.length}`, 16).toHex(),
      put: { host: {}, guest: {} },
      joined: false,
      closed: null,
    };
    this.openings.push(opening);
    return opening;
  }

  #find = (pairId: string): Opening | undefined =>
    this.openings.find((opening) => opening.pairId === pairId);

  #of = (state: Pair2State): Opening | undefined =>
    "meeting" in state ? this.#find(state.meeting.pairId) : undefined;

  #meeting = ({ pairId }: Opening, side: Side) => ({
    nameplate: NAMEPLATE,
    pairId,
    sideToken: bytesFor(`${pairId} ${side}`, 16).toHex(),
    expiresAt: 0,
  });

  /** Never a third party's key; nobody is pinned by one whom the other has not held. */
  check(): void {
    for (const side of ["host", "guest"] as const) {
      const agent = this.agents[side];
      const peer = this.agents[otherSide(side)];
      const peerKey = peer.self.keys.publicKey.toHex();
      if (agent.state.tag === "held") {
        assert.equal(agent.state.peerKey, peerKey);
        assert.equal(agent.state.peerDid, peer.self.did);
        agent.everHeld = agent.state.peerKey;
      }
      if (agent.pinned === undefined) continue;
      assert.equal(agent.pinned, peerKey);
      assert.equal(peer.everHeld, agent.self.keys.publicKey.toHex());
    }
  }

  /** The adversary lets go: everything arrives, and then a day passes. */
  settle(): void {
    for (const side of ["host", "guest"] as const) {
      for (const phase of PHASES) delete this.forged[side][phase];
    }
    for (let round = 0; round < 60; round++) {
      for (const side of ["host", "guest"] as const) {
        const before = this.agents[side].state;
        this.run(side, "none");
        this.compare(side);
        this.readMail(side);
        if (before !== this.agents[side].state) this.now += 100;
      }
      const tags = Object.values(this.agents).map((agent) => agent.state.tag);
      if (tags.every((tag) => tag === "verified" || tag === "ended")) break;
    }
    this.now += 25 * 3_600_000;
    for (const side of ["host", "guest"] as const) {
      this.give(side, { tag: "tick", now: this.now });
      while (this.agents[side].pending.length > 0) this.run(side, "none");
    }
  }
}

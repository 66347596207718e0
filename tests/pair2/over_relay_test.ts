/** Two machines of pair/2 that meet at our relay, through its routes. */
import assert from "node:assert/strict";
import { Pair2SeatReply, Pair2View } from "../../protocol/schemas/pair2_api.ts";
import { otherSide, type Side } from "../../protocol/pair2/side.ts";
import { type Pair2Effect, type Pair2Event, PHASES } from "../../protocol/pair2/event.ts";
import { begin, resume, step } from "../../protocol/pair2/machine.ts";
import { parsePair2, printPair2 } from "../../protocol/pair2/record.ts";
import type { Meeting2, Pair2State } from "../../protocol/pair2/state.ts";
import { type Answer, RelayWorld } from "../relay/relay_world.ts";
import { aboutFor, identityFor, secretsFor } from "./adversary.ts";

const HANDLES: Readonly<Record<Side, string>> = { host: "alice", guest: "bob" };

class Walker {
  readonly self;
  readonly offer;
  readonly notices: string[] = [];
  readonly repeat: number;
  state: Pair2State;

  /** @param repeat how often each call is made: answers get lost, and calls are made again */
  constructor(
    readonly world: RelayWorld,
    readonly side: Side,
    { nameplate, repeat }: { readonly nameplate?: string; readonly repeat: number },
  ) {
    ({ self: this.self, offer: this.offer } = identityFor(HANDLES[side]));
    const { nameplate: _any, ...about } = aboutFor(side);
    const named = nameplate === undefined ? about : { ...about, nameplate };
    this.state = begin(named, secretsFor(side));
    this.repeat = repeat;
  }

  give(event: Pair2Event): void {
    const [next, effects] = step(this.self, this.state, event);
    this.state = parsePair2(printPair2(next));
    for (const effect of effects) if (effect.tag === "notify") this.notices.push(effect.notice);
  }

  /** Does all that the state asks for, once. */
  async walk(): Promise<void> {
    for (const effect of resume(this.self, this.state)) {
      let event: Pair2Event | undefined;
      for (let i = 0; i < this.repeat; i++) event = await this.#perform(effect);
      if (event !== undefined) this.give(event);
    }
  }

  async #perform(effect: Pair2Effect): Promise<Pair2Event | undefined> {
    const { world, side, state } = this;
    const place = "meeting" in state ? state.meeting : undefined;
    const token = place?.sideToken ?? "";
    const path = `/v1/pair2/${place?.pairId}`;
    const from = side === "host" ? "192.0.2.1" : "192.0.2.2";
    switch (effect.tag) {
      case "claim": {
        assert.ok("about" in state);
        const { claim, nameplate } = state.about;
        const where = nameplate === undefined ? "/v1/pair2" : `/v1/pair2/${nameplate}`;
        const answer = await world.call(where, { body: { claim }, from });
        if (answer.status !== 201) return { tag: "failed", error: answer.text };
        return { tag: "claimed", meeting: meetingOf(answer) };
      }
      case "reopen": {
        const answer = await world.call(`${path}/reopen`, { method: "POST", token });
        const meeting = meetingOf(answer);
        return { tag: "reopened", meeting, secrets: secretsFor(meeting.pairId) };
      }
      case "put": {
        const { phase, body } = effect;
        const options = { method: "PUT", token, body: { body } };
        const { status, text } = await world.call(`${path}/${phase}`, options);
        if (status === 410) return { tag: "putRefused", phase, error: text };
        assert.ok(status === 200 || status === 201, text);
        return { tag: "put", phase, now: world.clock.now() };
      }
      case "look": {
        const answer = await world.call(path, { token });
        const view = Pair2View.parse(JSON.parse(answer.text));
        const { joined, closed } = view;
        const peer: Partial<Record<typeof PHASES[number], string>> = {};
        for (const phase of PHASES) {
          const body = view.peer[phase];
          if (body !== undefined) peer[phase] = body;
        }
        const look = { joined, closed, peer, expiresAt: Date.parse(view.expires_at) };
        return { tag: "looked", look, now: world.clock.now() };
      }
      case "makeOffer":
        return { tag: "offerMade", offer: this.offer };
      case "close":
        await world.call(`/v1/pair2/${effect.pairId}`, {
          method: "DELETE",
          token: effect.sideToken,
        });
        return { tag: "closed" };
      case "reach":
        return { tag: "reached" };
      case "heartbeat":
        return { tag: "mailed" };
      case "trust":
        return { tag: "trusted" };
      case "revoke":
        return { tag: "revoked" };
      case "notify":
        return undefined;
    }
  }
}

function meetingOf(answer: Answer): Meeting2 {
  assert.equal(answer.status, 201, answer.text);
  const seat = Pair2SeatReply.parse(JSON.parse(answer.text));
  return {
    nameplate: seat.nameplate,
    pairId: seat.pair_id,
    sideToken: seat.side_token,
    expiresAt: Date.parse(seat.expires_at),
  };
}

const nameplateOf = ({ state }: Walker): string => {
  assert.ok("meeting" in state);
  return state.meeting.nameplate;
};

/** Both go on, and say yes when both screens show the same. */
async function meet(host: Walker, guest: Walker): Promise<void> {
  for (let round = 0; round < 20; round++) {
    for (const side of [host, guest]) await side.walk();
    const [a, b] = [host.state, guest.state];
    if (a.tag !== "comparing" || b.tag !== "comparing") continue;
    assert.equal(a.sas, b.sas);
    host.give({ tag: "digitsTyped", digits: b.sas, proof: "typed" });
    guest.give({ tag: "digitsTyped", digits: a.sas, proof: "typed" });
  }
}

for (const repeat of [1, 2]) {
  Deno.test(`lesson 15: both end verified at our relay, each call made ${repeat} time(s)`, async () => {
    await using world = new RelayWorld();
    const host = new Walker(world, "host", { repeat });
    await host.walk();
    const guest = new Walker(world, "guest", { nameplate: nameplateOf(host), repeat });
    await meet(host, guest);
    for (const walker of [host, guest]) {
      assert.ok(walker.state.tag === "verified", JSON.stringify(walker.state));
      assert.equal(walker.state.peerDid, identityFor(HANDLES[otherSide(walker.side)]).self.did);
      assert.equal(walker.notices.filter((notice) => notice === "verified").length, 1);
    }
  });
}

Deno.test("lesson 17: who sits on a code without its words is shut out, and the right guest gets in", async () => {
  await using world = new RelayWorld();
  const host = new Walker(world, "host", { repeat: 1 });
  await host.walk();
  const nameplate = nameplateOf(host);
  const squatter = await world.call(`/v1/pair2/${nameplate}`, {
    body: { claim: "f".repeat(32) },
    from: "198.51.100.7",
  });
  assert.equal(squatter.status, 201);
  const late = new Walker(world, "guest", { nameplate, repeat: 1 });
  await late.walk();
  assert.ok(late.state.tag === "ended");
  assert.match(late.state.error, /already in use by two sides/);
  for (let i = 0; i < 3; i++) await host.walk();
  await world.clock.advance(10_000);
  for (let i = 0; i < 2; i++) await host.walk();
  assert.deepEqual(host.notices, ["reopened"]);
  const guest = new Walker(world, "guest", { nameplate, repeat: 1 });
  await meet(host, guest);
  assert.deepEqual([host.state.tag, guest.state.tag], ["verified", "verified"]);
});

Deno.test("lesson 16: a host whose guest never comes is told that the code expired", async () => {
  await using world = new RelayWorld();
  const host = new Walker(world, "host", { repeat: 1 });
  await host.walk();
  await world.clock.advance(600_000);
  await host.walk();
  await host.walk();
  assert.ok(host.state.tag === "ended");
  assert.match(host.state.error, /expired|closed/);
});

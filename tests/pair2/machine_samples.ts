/** States that the two machines of an honest pairing go through, and every kind of event for each. */
import { PHASES } from "../../protocol/pair2/event.ts";
import type { Look, Pair2Event, Phase, Self2 } from "../../protocol/pair2/event.ts";
import { ended, orReopen } from "../../protocol/pair2/ending.ts";
import { otherSide, type Side } from "../../protocol/pair2/side.ts";
import { FINISH_MS, isOver, LIFE_MS, type Pair2State } from "../../protocol/pair2/state.ts";
import { bytesFor, Duel, secretsFor } from "./adversary.ts";

export interface Sample {
  readonly self: Self2;
  readonly state: Pair2State;
  readonly events: readonly Pair2Event[];
}

type Phases = Partial<Record<Phase, string>>;

export function samples(): Sample[] {
  const duel = new Duel();
  const seen: { readonly side: Side; readonly state: Pair2State }[] = [];
  const note = (): void => {
    for (const side of ["host", "guest"] as const) {
      const { state } = duel.agents[side];
      if (!seen.some((sample) => sample.side === side && sample.state === state)) {
        seen.push({ side, state });
      }
    }
  };
  note();
  for (let round = 0; round < 60; round++) {
    for (const side of ["host", "guest"] as const) {
      duel.run(side, "none");
      note();
      duel.compare(side);
      note();
    }
  }
  const put = duel.openings[0]?.put ?? { host: {}, guest: {} };
  for (const { side, state } of [...seen]) {
    if (isOver(state)) continue;
    // An end of each kind, and a code that is opened anew.
    seen.push({ side, state: ended(state, "test")[0] });
    if (state.tag === "held") seen.push({ side, state: { ...state, peerDone: true } });
    if (state.tag === "waiting" && side === "host") {
      seen.push({ side, state: { ...state, dueSince: 0 } });
      const [reopening] = orReopen({ ...state, dueSince: 0 }, 1_000_000);
      seen.push({ side, state: reopening });
    }
  }
  return seen.map(({ side, state }) => ({
    self: duel.agents[side].self,
    state,
    events: eventsFor(duel, state, put[otherSide(side)]),
  }));
}

const WRONG = bytesFor("wrong", 65).toBase64();

function eventsFor({ agents, now }: Duel, state: Pair2State, peer: Phases): Pair2Event[] {
  const sas = "sas" in state ? state.sas : "000000";
  const wrong = String((Number(sas) + 1) % 1_000_000).padStart(6, "0");
  const side = "about" in state ? state.about.side : state.remains.side;
  const pairId = "meeting" in state ? state.meeting.pairId : bytesFor("opening 0", 16).toHex();
  const meeting = (id: string, nameplate = "4821") => ({
    nameplate,
    pairId: id,
    sideToken: bytesFor(id, 16).toHex(),
    expiresAt: 0,
  });
  const look = (seen: Phases, rest: Partial<Look> = {}, at = now): Pair2Event => ({
    tag: "looked",
    look: { joined: false, expiresAt: 0, peer: seen, closed: null, ...rest },
    now: at,
  });
  const forged = Object.fromEntries(PHASES.map((phase) => [phase, WRONG]));
  const proof = "typed";
  return [
    { tag: "tick", now },
    { tag: "tick", now: now + LIFE_MS },
    { tag: "tick", now: now + FINISH_MS },
    { tag: "claimed", meeting: meeting(pairId) },
    { tag: "claimed", meeting: meeting(pairId, "9999") },
    { tag: "reopened", meeting: meeting(pairId), secrets: secretsFor("again") },
    {
      tag: "reopened",
      meeting: meeting(bytesFor("opening 1", 16).toHex()),
      secrets: secretsFor("again"),
    },
    ...PHASES.map((phase): Pair2Event => ({ tag: "put", phase, now })),
    ...PHASES.map((phase): Pair2Event => ({ tag: "putRefused", phase, error: "test" })),
    look({}),
    look({}, { joined: true }),
    look({}, { joined: true }, now + 20_000),
    look(peer, { joined: true }),
    look(forged, { joined: true }),
    look(peer, { closed: "done" }),
    look({}, { closed: "abandoned" }),
    look({}, { closed: "expired" }),
    { tag: "digitsTyped", digits: sas, proof },
    { tag: "digitsTyped", digits: wrong, proof },
    { tag: "digitsTyped", digits: "12", proof },
    { tag: "accepted" },
    { tag: "declined" },
    { tag: "cancelled" },
    { tag: "failed", error: "test" },
    { tag: "offerMade", offer: agents[side].offer },
    { tag: "reached" },
    { tag: "mailed" },
    { tag: "heard", peerKey: "peerKey" in state ? state.peerKey : "" },
    { tag: "heard", peerKey: "0".repeat(64) },
    { tag: "trusted" },
    { tag: "closed" },
    { tag: "revoked" },
  ];
}

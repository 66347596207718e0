/**
 * Every transition of the pair/2 machine as data: docs/protocol-machines.md is drawn from it, and the
 * machine is checked against it. What is not listed changes nothing and asks for nothing, but for the
 * relay's time of expiry, which every look may bring anew.
 */
import type { Pair2Effect, Pair2Event, Phase } from "./event.ts";
import type { Pair2Tag } from "./state.ts";

/** An effect as the list writes it; a phase and a notice stand behind a colon. */
export type EffectName2 =
  | Exclude<Pair2Effect["tag"], "notify" | "put">
  | `put:${Phase}`
  | `notify:${Extract<Pair2Effect, { tag: "notify" }>["notice"]}`;

export interface Transition2 {
  readonly from: Pair2Tag;
  readonly on: Pair2Event["tag"];
  /** Where the same event may lead to several states: what decides. */
  readonly when?: string;
  readonly to: Pair2Tag;
  readonly effects: readonly EffectName2[];
}

export function effectName2(effect: Pair2Effect): EffectName2 {
  if (effect.tag === "notify") return `notify:${effect.notice}`;
  return effect.tag === "put" ? `put:${effect.phase}` : effect.tag;
}

const END: readonly EffectName2[] = ["close", "notify:ended"];
/** Where a grant for the peer may be out. */
const END_REVOKING: readonly EffectName2[] = ["close", "revoke", "notify:ended"];
const EXPIRED = "its life is over";

/** What ends any state with a place at the relay. */
const endings = (
  from: Pair2Tag,
  looked: string,
  effects: readonly EffectName2[] = END,
): Transition2[] => [
  { from, on: "cancelled", to: "ended", effects },
  { from, on: "failed", to: "ended", effects },
  { from, on: "putRefused", to: "ended", effects },
  { from, on: "tick", when: EXPIRED, to: "ended", effects },
  { from, on: "looked", when: looked, to: "ended", effects },
];

/** Only the host shuts a guest out. */
const reopening = (from: Pair2Tag): Transition2 => ({
  from,
  on: "looked",
  when: "host, and the guest's next phase is 10 s late",
  to: "reopening",
  effects: ["reopen", "notify:reopened"],
});

const CLOSED = "closed";
const SPENT = "closed, or late for the third time";

/** What remains to be done once the card is held, in this order. */
const finishing = (
  on: "looked" | "heard",
  when: string,
): Transition2[] =>
  ([["reach", "not reached yet"], ["put:done", "not told yet"], [
    "heartbeat",
    "not mailed yet",
  ], ["trust", "all done"]] as const).map(([effect, rest]) => ({
    from: "held",
    on,
    when: `${when}, ${rest}`,
    to: "held",
    effects: [effect],
  }));

export const TRANSITIONS2: readonly Transition2[] = [
  { from: "claiming", on: "claimed", to: "committing", effects: ["put:commit"] },
  { from: "claiming", on: "claimed", when: "another number", to: "ended", effects: END },
  { from: "claiming", on: "cancelled", to: "ended", effects: ["notify:ended"] },
  { from: "claiming", on: "failed", to: "ended", effects: ["notify:ended"] },
  { from: "claiming", on: "tick", when: EXPIRED, to: "ended", effects: ["notify:ended"] },

  {
    from: "reopening",
    on: "reopened",
    when: "another place",
    to: "committing",
    effects: ["put:commit"],
  },
  { from: "reopening", on: "cancelled", to: "ended", effects: END },
  { from: "reopening", on: "failed", to: "ended", effects: END },
  { from: "reopening", on: "tick", when: EXPIRED, to: "ended", effects: END },

  { from: "committing", on: "put", when: "commit", to: "waiting", effects: ["look"] },
  ...endings("committing", CLOSED),

  { from: "waiting", on: "looked", when: "a guest has come", to: "waiting", effects: [] },
  { from: "waiting", on: "looked", when: "commit", to: "showing", effects: ["put:pake"] },
  reopening("waiting"),
  ...endings("waiting", SPENT),

  { from: "showing", on: "put", when: "pake", to: "shown", effects: ["look"] },
  ...endings("showing", CLOSED),

  { from: "shown", on: "looked", when: "pake, guest", to: "confirming", effects: ["put:confirm"] },
  { from: "shown", on: "looked", when: "pake, host", to: "awaiting", effects: ["look"] },
  reopening("shown"),
  ...endings("shown", `${SPENT}, or pake is not what was committed to`),

  { from: "confirming", on: "put", when: "confirm, guest", to: "awaiting", effects: ["look"] },
  {
    from: "confirming",
    on: "put",
    when: "confirm, host",
    to: "comparing",
    effects: ["notify:digits"],
  },
  ...endings("confirming", CLOSED),

  {
    from: "awaiting",
    on: "looked",
    when: "right confirm, host",
    to: "confirming",
    effects: ["put:confirm"],
  },
  {
    from: "awaiting",
    on: "looked",
    when: "right confirm, guest",
    to: "comparing",
    effects: ["notify:digits"],
  },
  reopening("awaiting"),
  ...endings("awaiting", `${SPENT}, or a wrong confirm`),

  { from: "comparing", on: "digitsTyped", when: "equal", to: "agreed", effects: ["makeOffer"] },
  { from: "comparing", on: "accepted", to: "agreed", effects: ["makeOffer"] },
  { from: "comparing", on: "digitsTyped", when: "different", to: "ended", effects: END },
  { from: "comparing", on: "declined", to: "ended", effects: END },
  ...endings("comparing", CLOSED),

  { from: "agreed", on: "offerMade", to: "agreed", effects: ["put:card"] },
  { from: "agreed", on: "put", when: "card", to: "offered", effects: ["look"] },
  ...endings("agreed", CLOSED, END_REVOKING),

  { from: "offered", on: "looked", when: "right card", to: "held", effects: ["reach"] },
  ...endings("offered", `${CLOSED}, or a wrong card`, END_REVOKING),

  { from: "held", on: "reached", to: "held", effects: ["put:done"] },
  { from: "held", on: "put", when: "done", to: "held", effects: ["heartbeat"] },
  { from: "held", on: "putRefused", when: "done", to: "held", effects: ["heartbeat"] },
  {
    from: "held",
    on: "mailed",
    to: "held",
    effects: ["look", "notify:waiting_for_other_side"],
  },
  { from: "held", on: "mailed", when: "the peer is done", to: "held", effects: ["trust"] },
  ...finishing("looked", "done"),
  ...finishing("heard", "that key"),
  {
    from: "held",
    on: "trusted",
    when: "all done",
    to: "verified",
    effects: ["close", "notify:verified"],
  },
  { from: "held", on: "cancelled", to: "ended", effects: END_REVOKING },
  { from: "held", on: "failed", when: "the peer is done", to: "ended", effects: END_REVOKING },
  {
    from: "held",
    on: "tick",
    when: "a day without the peer's word",
    to: "ended",
    effects: END_REVOKING,
  },

  { from: "verified", on: "closed", to: "verified", effects: [] },
  { from: "ended", on: "closed", to: "ended", effects: [] },
  { from: "ended", on: "revoked", to: "ended", effects: [] },
];

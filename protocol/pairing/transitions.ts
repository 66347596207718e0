/**
 * Every transition of the pairing machine as data: docs/protocol-machines.md is drawn from it, and
 * the machine is checked against it. What is not listed changes nothing and asks for nothing.
 */
import type { PairEffect, PairEvent } from "./pair_event.ts";
import type { PairTag } from "./pair_state.ts";

/** An effect as the list writes it; a notice has its name behind a colon. */
export type EffectName =
  | Exclude<PairEffect["tag"], "notify">
  | `notify:${Extract<PairEffect, { tag: "notify" }>["notice"]}`;

export interface Transition {
  readonly from: PairTag;
  readonly on: PairEvent["tag"];
  /** Where the same event may lead to several states: what decides. */
  readonly when?: string;
  readonly to: PairTag;
  readonly effects: readonly EffectName[];
}

export const effectName = (effect: PairEffect): EffectName =>
  effect.tag === "notify" ? `notify:${effect.notice}` : effect.tag;

const ABORT: readonly EffectName[] = ["abandon", "notify:aborted"];

/** `failed`, `declined` and `cancelled` end any pairing that lives, in the same way. */
const endings = (from: PairTag, effects: readonly EffectName[], when?: string): Transition[] =>
  (["failed", "declined", "cancelled"] as const).map((on) => ({
    from,
    on,
    ...(when === undefined ? {} : { when }),
    to: "aborted",
    effects,
  }));

const NOT_OURS = "guest, or no seed yet";
const HOSTED = "host with a seed";
const EXPIRED = "its life is over";

export const TRANSITIONS: readonly Transition[] = [
  { from: "requested", on: "seedDrawn", when: "no seed yet", to: "requested", effects: ["open"] },
  { from: "requested", on: "opened", to: "polling", effects: ["look"] },
  { from: "requested", on: "roleTaken", to: "aborted", effects: ["notify:aborted"] },
  ...endings("requested", ["notify:aborted"], NOT_OURS),
  ...endings("requested", ABORT, HOSTED),
  {
    from: "requested",
    on: "tick",
    when: `${EXPIRED}; ${NOT_OURS}`,
    to: "aborted",
    effects: ["notify:aborted"],
  },
  { from: "requested", on: "tick", when: `${EXPIRED}; ${HOSTED}`, to: "aborted", effects: ABORT },

  { from: "polling", on: "peerJoined", to: "sas_ready", effects: ["notify:digits"] },
  { from: "polling", on: "gone", to: "aborted", effects: ["notify:aborted"] },
  ...endings("polling", ABORT),
  { from: "polling", on: "tick", when: EXPIRED, to: "aborted", effects: ABORT },

  { from: "sas_ready", on: "digitsTyped", when: "equal", to: "confirmed", effects: ["seal"] },
  { from: "sas_ready", on: "digitsTyped", when: "different", to: "aborted", effects: ABORT },
  { from: "sas_ready", on: "accepted", to: "confirmed", effects: ["seal"] },
  {
    from: "sas_ready",
    on: "peerJoined",
    when: "0.5.19 did not store the message",
    to: "sas_ready",
    effects: [],
  },
  { from: "sas_ready", on: "peerJoined", when: "other digits", to: "aborted", effects: ABORT },
  { from: "sas_ready", on: "gone", to: "aborted", effects: ["notify:aborted"] },
  ...endings("sas_ready", ABORT),
  { from: "sas_ready", on: "tick", when: EXPIRED, to: "aborted", effects: ABORT },

  { from: "confirmed", on: "sealed", to: "confirmed", effects: ["publish"] },
  { from: "confirmed", on: "published", to: "confirmed", effects: ["look"] },
  {
    from: "confirmed",
    on: "peerJoined",
    when: "0.5.19 did not store the message",
    to: "confirmed",
    effects: ["seal"],
  },
  { from: "confirmed", on: "peerJoined", when: "other digits", to: "aborted", effects: ABORT },
  { from: "confirmed", on: "peerOpened", when: "published", to: "confirmed", effects: ["pin"] },
  {
    from: "confirmed",
    on: "pinned",
    when: "the peer that was opened",
    to: "paired",
    effects: ["forget", "notify:paired"],
  },
  { from: "confirmed", on: "gone", to: "aborted", effects: ["notify:aborted"] },
  ...endings("confirmed", ABORT),
  { from: "confirmed", on: "tick", when: EXPIRED, to: "aborted", effects: ABORT },

  ...([
    "tick",
    "seedDrawn",
    "opened",
    "roleTaken",
    "peerJoined",
    "digitsTyped",
    "accepted",
    "declined",
    "cancelled",
    "sealed",
    "published",
    "peerOpened",
    "pinned",
    "gone",
    "failed",
    "abandoned",
  ] as const).map((on): Transition => ({
    from: "stranded",
    on,
    to: "aborted_restart",
    effects: ["abandon", "notify:restart"],
  })),

  ...(["aborted", "aborted_restart"] as const).flatMap((from): Transition[] => [
    { from, on: "abandoned", when: "the relay had to be told", to: from, effects: [] },
    { from, on: "tick", when: "an hour old", to: from, effects: ["forget"] },
  ]),
];

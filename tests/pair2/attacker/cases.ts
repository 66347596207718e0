/** Every attack in every form and phase, and what each must come to. */
import { type Attack, EVIL_POINTS, type EvilPoint, type Tampering } from "./attacks.ts";
import type { Play } from "./outcome.ts";
import { type AnyPhase, type FormName, PHASES_OF } from "./room.ts";

export interface Case {
  readonly name: string;
  /** Over real sockets also in an ordinary run. */
  readonly isShort?: true;
  readonly attack: Attack;
  readonly play: Play;
  /** Whether the same two have paired before, so that he has something to replay. */
  readonly before?: true;
  /** Whom each has pinned in the end, and what at least one of them is told. */
  readonly ends:
    | { readonly tag: "with each other" | "with him" }
    | { readonly tag: "alone"; readonly told: RegExp };
}

const alone = (told: RegExp) => ({ tag: "alone", told } as const);
const DECLINED = /SAS confirmation declined/;
/** What ends before a time-out ends on a busy machine too. */
export const LONG_S = 300;
const TIMED_OUT = /timeout after 2s waiting for peer's/;

function play(form: FormName, more: Partial<Play> = {}): Play {
  return { form, timeoutS: LONG_S, attacking: true, ...more };
}

function* searches(): Generator<Case> {
  const known = ["digit search: the code known", {}] as const;
  const unknown = ["digit search: the end of the code unknown", {
    unknown: "the end of it",
  }] as const;
  for (const [name, more] of [known, unknown]) {
    const attack = { do: "digit search" } as const;
    const isShort = more === known[1] ? { isShort: true } as const : {};
    yield { name, attack, ...isShort, play: play("0.5.19", more), ends: { tag: "with him" } };
    yield {
      name,
      attack,
      ...isShort,
      play: play("pair/2", more),
      ends: alone(/not the one it committed to/),
    };
  }
  for (const form of ["0.5.19", "pair/2"] as const) {
    yield {
      name: "no search, he only is in the middle: the screens differ",
      attack: { do: "digit search, as committed" },
      play: play(form),
      ends: alone(DECLINED),
    };
  }
  yield {
    name: "guessed words: a wrong confirm burns the code",
    isShort: true,
    attack: { do: "digit search, as committed" },
    play: play("pair/2", { unknown: "the end of it" }),
    ends: alone(/the other side used other words/),
  };
}

export const REASONS: Readonly<Record<EvilPoint, string>> = {
  "identity element": "SmallOrder",
  "identity, not canonical": "CorruptMessage",
  "order 2": "SmallOrder",
  "order 4": "SmallOrder",
  "order 8": "SmallOrder",
  "off the subgroup": "NotPrimeOrder",
  "no point": "CorruptMessage",
};

function* points(form: FormName): Generator<Case> {
  for (const point of Object.keys(EVIL_POINTS)) {
    if (!isEvilPoint(point)) continue;
    yield {
      name: `a message of another kind: ${point}`,
      attack: { do: "evil point", point },
      play: play(form),
      ends: alone(new RegExp(`SPAKE2 finish failed: ${REASONS[point]}`)),
    };
  }
}

export const isEvilPoint = (text: string): text is EvilPoint => text in EVIL_POINTS;

/** What is noticed when that phase is another one. */
const NOTICED: Readonly<Record<AnyPhase, RegExp>> = {
  message: /SPAKE2 finish failed: (BadSide|WrongLength|Reflection)/,
  bootstrap: /AEAD open failed|too short|not valid|our own/,
  commit: /not the one it committed to/,
  pake: /not the one it committed to|wrong length/,
  confirm: /the other side used other words/,
  card: /card does not open/,
  done: /timeout after 2s waiting for peer's word that it holds our card/,
};

function* tamperings(form: FormName): Generator<Case> {
  const phases: readonly AnyPhase[] = PHASES_OF[form];
  const changed = ["garbage", "reflected", "short", "long"] as const;
  for (const phase of phases) {
    const timeoutS = phase === "done" ? 2 : LONG_S;
    const it = (how: Tampering, more: Partial<Play> = {}) => ({
      name: `${phase}: ${how}`,
      attack: { do: how, phase },
      play: play(form, { timeoutS, ...more }),
    });
    for (const how of changed) yield { ...it(how), ends: alone(NOTICED[phase]) };
    if (phase !== phases[0]) yield { ...it("swapped"), ends: alone(NOTICED[phase]) };
    const old = phase === "message" ? DECLINED : NOTICED[phase];
    yield { ...it("replayed"), before: true, ends: alone(old) };
    if (phase === "bootstrap" || phase === "card") {
      yield { ...it("of another pairing"), ends: alone(NOTICED[phase]) };
    }
    yield { ...it("dropped", { timeoutS: 2 }), ends: alone(TIMED_OUT) };
    yield { ...it("delayed", { timeoutS: LONG_S }), ends: { tag: "with each other" } };
  }
}

export const CASES: readonly Case[] = [
  ...searches(),
  ...(["0.5.19", "pair/2"] as const).flatMap((form) => [...points(form), ...tamperings(form)]),
];

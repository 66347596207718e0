/** A meeting as the attacker sees it: what each victim has put there, in either form of pairing. */
import { otherSide, type Side } from "../../../protocol/pair2/side.ts";

export type FormName = "0.5.19" | "pair/2";

/** The phases of a form, in their order. */
export const PHASES_OF = {
  "0.5.19": ["message", "bootstrap"],
  "pair/2": ["commit", "pake", "confirm", "card", "done"],
} as const satisfies Record<FormName, readonly string[]>;

export const isFormName = (text: string): text is FormName => text in PHASES_OF;

export type AnyPhase = typeof PHASES_OF[FormName][number];

/** What he knows from the beginning. */
export interface Known {
  /** All that a relay is told of a code of 0.5.19. */
  readonly shownHash: string;
  /** Of pair/2. */
  readonly nameplate: string;
  /** The victims', from their published cards. */
  readonly keys: Readonly<Record<Side, Uint8Array>>;
}

export class Room {
  /** What each has put. */
  readonly put: Readonly<Record<Side, Partial<Record<AnyPhase, Uint8Array>>>> = {
    host: {},
    guest: {},
  };
  joined = false;
  closed: "done" | "abandoned" | null = null;

  /** Nobody else is there whose part he would spoil. */
  readonly heIsGuest: boolean;

  constructor(
    readonly form: FormName,
    readonly pairId: string,
    readonly known: Known,
    { heIsGuest }: { readonly heIsGuest: boolean } = { heIsGuest: false },
  ) {
    this.heIsGuest = heIsGuest;
  }

  /** Of the one that the victim means to pair with. */
  peerOf = (victim: Side): Partial<Record<AnyPhase, Uint8Array>> => this.put[otherSide(victim)];
}

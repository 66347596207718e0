/** What the attacker does, in either form: the man in the middle, forged messages, tampered phases. */
import { ed25519 } from "@noble/curves/ed25519.js";
import { z } from "zod";
import type { Side } from "../../../protocol/pair2/side.ts";
import type { MailboxRoute } from "../../../protocol/pairing/bootstrap.ts";
import { bytesFor } from "../adversary.ts";
import { findTwins, tries, type Try, type Twins } from "../middle_man.ts";
import { FORMS, type Hand } from "./forms.ts";
import { type AnyPhase, PHASES_OF, type Room } from "./room.ts";

const SEARCHES = ["digit search", "digit search, as committed"] as const;
const TAMPERINGS = [
  "garbage",
  "reflected",
  "swapped",
  "replayed",
  "short",
  "long",
  "dropped",
  "delayed",
  "of another pairing",
] as const;

const point = (hex: string): Uint8Array => Uint8Array.fromHex(hex.padEnd(64, "0"));
const ORDER_8 = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a";
const Point = ed25519.Point;

/** In place of a SPAKE2 message, its side byte left out. */
export const EVIL_POINTS = {
  "identity element": point("01"),
  "identity, not canonical": point(`ee${"ff".repeat(30)}7f`),
  "order 2": point(`ec${"ff".repeat(30)}7f`),
  "order 4": point("00"),
  "order 8": point(ORDER_8),
  "off the subgroup": Point.BASE.multiply(7n).add(Point.fromHex(ORDER_8)).toBytes(),
  "no point": point("02"),
} as const;

export type Tampering = typeof TAMPERINGS[number];
export type EvilPoint = keyof typeof EVIL_POINTS;

/** One of: nothing; a search of digits; a point that no honest side sends; one phase tampered with. */
export type Attack =
  | { readonly do: "nothing" }
  | { readonly do: typeof SEARCHES[number] }
  | { readonly do: "evil point"; readonly point: EvilPoint }
  | { readonly do: Tampering; readonly phase: AnyPhase };

export const isAttack = (value: unknown): value is Attack =>
  z.looseObject({ do: z.string() }).safeParse(value).success;

/** Looks for which a delayed phase is held back: less than the ten seconds after which a host reopens. */
const LATE_LOOKS = 3;
/** He gives up the search before the victims do. */
const MAX_ATTEMPTS = 10_000;

export class Attacker {
  /** Attempts of his search, toward each victim. */
  attempts = 0;
  readonly #attack: Attack;
  readonly #mailbox: MailboxRoute | undefined;
  readonly #looks = new Map<string, number>();
  #code: string | undefined;
  #before: Room | undefined;
  #twins: Twins | undefined;

  /** @param mailbox of his own, if he is to come so far */
  constructor(attack: Attack, mailbox?: MailboxRoute) {
    this.#attack = attack;
    this.#mailbox = mailbox;
  }

  /** The code, or how it begins. */
  learn(code: string): void {
    this.#code = code;
  }

  /** What he has seen before, to replay. */
  remember(room: Room): void {
    this.#before = room;
  }

  /** @returns what the victim sees there; undefined: nothing yet */
  show(room: Room, victim: Side, phase: AnyPhase): Uint8Array | undefined {
    const attack = this.#attack;
    const honest = room.peerOf(victim)[phase];
    switch (attack.do) {
      case "nothing":
        return honest;
      case "digit search":
      case "digit search, as committed":
        return this.#inTheMiddle(room, victim, phase);
      case "evil point":
        if (honest === undefined && !room.heIsGuest) return undefined;
        return this.#evil(room, victim, { phase, point: attack.point }) ?? honest;
      default:
        return attack.phase === phase ? this.#tampered(room, victim, attack) : honest;
    }
  }

  #inTheMiddle(room: Room, victim: Side, phase: AnyPhase): Uint8Array | undefined {
    const form = FORMS[room.form];
    const code = this.#codeOf(room);
    // He waits until both have come: who ends it early warns only one.
    const [host, guest] = ["host" as const, "guest" as const].map((side) =>
      room.put[room.heIsGuest ? victim : side][phase === "commit" ? phase : form.exchange]
    );
    if (code === undefined || host === undefined || guest === undefined) return undefined;
    // Before a victim has shown its own message there is no key, but the message does not need one.
    const anything = room.put[victim][form.exchange] ?? ANY_MESSAGE;
    const committed: Try = tries(form.code(room, code), anything.subarray(0, 33)).next().value;
    if (phase === "commit") {
      return form.says(room, { victim, attempt: committed, committed }, phase, this.#mailbox);
    }
    if (this.#attack.do !== "digit search") {
      return form.says(room, { victim, committed, attempt: committed }, phase, this.#mailbox);
    }
    const attempt = this.#found(room, code, { host, guest })[victim];
    return form.says(room, { victim, committed, attempt }, phase, this.#mailbox);
  }

  #found(
    room: Room,
    code: string,
    shown: Readonly<Record<Side, Uint8Array>>,
  ): Readonly<Record<Side, Try>> {
    const form = FORMS[room.form];
    const toward = (victim: Side) => {
      const message = shown[victim].subarray(0, 33);
      const committed: Try = tries(form.code(room, code), message).next().value;
      return {
        tries: tries(form.code(room, code), message),
        digits: (attempt: Try) => {
          const hand: Hand = { victim, attempt, committed };
          return form.digits(room, hand);
        },
      };
    };
    this.#twins ??= findTwins(toward("host"), toward("guest"), MAX_ATTEMPTS);
    this.attempts = this.#twins.attempts;
    return { host: this.#twins.towardHost, guest: this.#twins.towardGuest };
  }

  /** The whole of it if what he sees can tell; else his first guess. */
  #codeOf(room: Room): string | undefined {
    if (this.#code === undefined) return undefined;
    const form = FORMS[room.form];
    for (const candidate of form.candidates(this.#code)) {
      if (form.fits(room, candidate) ?? true) return this.#code = candidate;
    }
    return undefined;
  }

  /** Committed to as an honest message is, so that it is the point that is judged. */
  #evil(
    room: Room,
    victim: Side,
    { phase, point }: { readonly phase: AnyPhase; readonly point: EvilPoint },
  ): Uint8Array | undefined {
    if (phase !== "commit" && phase !== FORMS[room.form].exchange) return undefined;
    const message = Uint8Array.of(0x53, ...EVIL_POINTS[point]);
    const attempt = { message, key: new Uint8Array(32) };
    return FORMS[room.form].says(
      room,
      { victim, attempt, committed: attempt },
      phase,
      this.#mailbox,
    );
  }

  #tampered(
    room: Room,
    victim: Side,
    { do: how, phase }: { readonly do: Tampering; readonly phase: AnyPhase },
  ): Uint8Array | undefined {
    const honest = room.peerOf(victim)[phase];
    if (how === "reflected") {
      // A guest is first to confirm.
      const isDue = phase === "confirm" ? room.peerOf(victim).pake : honest;
      return isDue === undefined ? undefined : room.put[victim][phase];
    }
    if (honest === undefined || how === "dropped") return undefined;
    switch (how) {
      case "garbage":
        return bytesFor(`garbage for the ${victim}`, honest.length);
      case "swapped": {
        const phases: readonly AnyPhase[] = PHASES_OF[room.form];
        const before = phases[phases.indexOf(phase) - 1];
        return before === undefined ? undefined : room.peerOf(victim)[before];
      }
      case "replayed":
        return this.#before?.peerOf(victim)[phase];
      case "of another pairing": {
        // Between him and the victim, under another code.
        const key = bytesFor("the key of another pairing", 32);
        const attempt = { message: ANY_MESSAGE, key };
        const hand = { victim, attempt, committed: attempt };
        return FORMS[room.form].says(room, hand, phase, this.#mailbox);
      }
      case "short":
        return honest.slice(1);
      case "long":
        return Uint8Array.of(...honest, 0);
      case "delayed": {
        const looks = (this.#looks.get(victim) ?? 0) + 1;
        this.#looks.set(victim, looks);
        return looks > LATE_LOOKS ? honest : undefined;
      }
    }
  }
}

const ANY_MESSAGE = Uint8Array.of(0x53, ...Point.BASE.multiply(5n).toBytes());

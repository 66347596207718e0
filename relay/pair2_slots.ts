/**
 * Rendezvous for pairings of the form pair/2: a place has a nameplate, and one meeting at a time of a
 * host and a guest, each with a token of its own. In memory only, bounded; bodies are opaque.
 * See docs/protocol/extensions.md §10.
 */
import { timingSafeEqual } from "node:crypto";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import { otherSide, type Side } from "../protocol/pair2/side.ts";
import type { Look, Phase } from "../protocol/pair2/event.ts";
import { MAX_REOPENS } from "../protocol/pair2/state.ts";
import { GuestAttempts } from "./pair2_attempts.ts";

/** Of a meeting; once more from when the guest arrives. */
export const PAIR2_LIFE_MS = 600_000;
/** A nameplate is not given out again for so long after its last meeting was closed. */
export const PAIR2_REST_MS = 3_600_000;

const ID_BYTES = 16;
/** Names of four digits that may be in use before longer ones are drawn. */
const SHORT_NAMES = 1_000;
/** With at most half of all names in use, so many draws find none about once in 2^64. */
const MAX_DRAWS = 64;

type Phases = Partial<Record<Phase, string>>;

interface Meeting {
  readonly id: string;
  readonly place: Place;
  readonly tokens: Record<Side, string>;
  readonly phases: Record<Side, Phases>;
  guestClaim?: string;
  /** Monotonic. */
  endsAt: number;
  /** RFC 3339, the same moment. */
  expiresAt: string;
  closed: Look["closed"];
  bytes: number;
}

interface Place {
  readonly nameplate: string;
  readonly hostClaim: string;
  /** The last one is the current one. */
  readonly meetings: Meeting[];
  /** Monotonic; set when its current meeting is closed. */
  restsUntil?: number;
}

/** What a side gets for its claim. */
export interface Seat {
  readonly nameplate: string;
  readonly pairId: string;
  readonly side: Side;
  readonly token: string;
  readonly expiresAt: string;
}

/** What a side sees. */
export interface Pair2View {
  readonly side: Side;
  readonly joined: boolean;
  readonly expiresAt: string;
  readonly peer: Readonly<Phases>;
  readonly closed: Meeting["closed"];
}

/** A side that has shown its token. */
export interface Seated {
  readonly meeting: Meeting;
  readonly side: Side;
}

export type HostClaimed =
  | { readonly tag: "seated"; readonly seat: Seat; readonly isNew: boolean }
  | { readonly tag: "full" };
export type GuestClaimed =
  | { readonly tag: "seated"; readonly seat: Seat }
  | { readonly tag: "taken" | "unknown" }
  | { readonly tag: "limited"; readonly waitMs: number };
export type Reopened =
  | { readonly tag: "seated"; readonly seat: Seat }
  | { readonly tag: "closed" | "spent" | "not_host" };
export type PhasePut = "stored" | "same" | "differs" | "closed" | "full";

export interface Pair2Limits {
  readonly maxPairSlots: number;
  /** Of all bodies of all meetings. */
  readonly maxPairBytes: number;
  /** Remembered by the limit on guests. */
  readonly maxSources: number;
}

export class Pair2Slots {
  readonly #places = new Map<string, Place>();
  readonly #byClaim = new Map<string, Place>();
  readonly #meetings = new Map<string, Meeting>();
  readonly #attempts: GuestAttempts;
  #shortNames = 0;
  #bytes = 0;

  constructor(
    readonly deps: { readonly clock: Clock; readonly random: Random },
    readonly limits: Pair2Limits,
  ) {
    this.#attempts = new GuestAttempts(deps.clock, limits.maxSources);
  }

  get size(): number {
    return this.#places.size;
  }

  /** The same claim gets the same place, also when it was opened anew or closed meanwhile. */
  claimHost(claim: string): HostClaimed {
    const known = this.#byClaim.get(claim);
    if (known !== undefined) {
      return { tag: "seated", seat: seatOf(this.#current(known), "host"), isNew: false };
    }
    if (this.size >= this.limits.maxPairSlots) this.sweep();
    if (this.size >= this.limits.maxPairSlots) return { tag: "full" };
    const nameplate = this.#drawName();
    if (nameplate === undefined) return { tag: "full" };
    const place: Place = { nameplate, hostClaim: claim, meetings: [] };
    this.#places.set(nameplate, place);
    this.#byClaim.set(claim, place);
    if (nameplate.length === 4) this.#shortNames++;
    return { tag: "seated", seat: seatOf(this.#meet(place), "host"), isNew: true };
  }

  /** Every attempt counts but the repetition of a claim. */
  claimGuest(nameplate: string, claim: string, source: string): GuestClaimed {
    const place = this.#places.get(nameplate);
    const meeting = place === undefined ? undefined : this.#current(place);
    if (meeting !== undefined && meeting.guestClaim === claim) {
      return { tag: "seated", seat: seatOf(meeting, "guest") };
    }
    const waitMs = this.#attempts.take(source);
    if (waitMs > 0) return { tag: "limited", waitMs };
    if (meeting === undefined || meeting.closed !== null) return { tag: "unknown" };
    if (meeting.guestClaim !== undefined) return { tag: "taken" };
    meeting.guestClaim = claim;
    this.#setEnd(meeting);
    return { tag: "seated", seat: seatOf(meeting, "guest") };
  }

  exists(pairId: string): boolean {
    return this.#meetings.has(pairId);
  }

  /** @returns undefined if the token is that of neither side */
  sideOf(pairId: string, token: string): Seated | undefined {
    const meeting = this.#meetings.get(pairId);
    if (meeting === undefined) return undefined;
    this.#expire(meeting);
    for (const side of ["host", "guest"] as const) {
      if (isSameText(meeting.tokens[side], token)) return { meeting, side };
    }
    return undefined;
  }

  put({ meeting, side }: Seated, phase: Phase, body: string): PhasePut {
    if (meeting.closed !== null) return "closed";
    const before = meeting.phases[side][phase];
    if (before !== undefined) return before === body ? "same" : "differs";
    if (this.#bytes + body.length > this.limits.maxPairBytes) return "full";
    this.#bytes += body.length;
    meeting.bytes += body.length;
    meeting.phases[side][phase] = body;
    return "stored";
  }

  look({ meeting, side }: Seated): Pair2View {
    return {
      side,
      joined: meeting.guestClaim !== undefined,
      expiresAt: meeting.expiresAt,
      peer: meeting.phases[otherSide(side)],
      closed: meeting.closed,
    };
  }

  /** `done` if both sides have said so, else `abandoned`; what is closed stays as it was closed. */
  close({ meeting }: Seated): void {
    const { host, guest } = meeting.phases;
    const both = host.done !== undefined && guest.done !== undefined;
    this.#end(meeting, both ? "done" : "abandoned");
  }

  /** Another meeting at the same place. Repeated for the same old meeting, the same answer. */
  reopen({ meeting, side }: Seated): Reopened {
    if (side !== "host") return { tag: "not_host" };
    const { place } = meeting;
    const next = place.meetings[place.meetings.indexOf(meeting) + 1];
    if (next !== undefined) return { tag: "seated", seat: seatOf(next, "host") };
    if (meeting.closed !== null) return { tag: "closed" };
    if (place.meetings.length > MAX_REOPENS) return { tag: "spent" };
    this.#end(meeting, "abandoned");
    delete place.restsUntil;
    return { tag: "seated", seat: seatOf(this.#meet(place), "host") };
  }

  /** Closes what has expired, and forgets places that have rested. */
  sweep(): void {
    const now = this.deps.clock.monotonic();
    for (const place of this.#places.values()) {
      this.#current(place);
      if (place.restsUntil !== undefined && now >= place.restsUntil) this.#forget(place);
    }
  }

  #current(place: Place): Meeting {
    const meeting = place.meetings.at(-1) ?? this.#meet(place);
    this.#expire(meeting);
    return meeting;
  }

  #meet(place: Place): Meeting {
    const meeting: Meeting = {
      id: this.#drawId(),
      place,
      tokens: { host: this.#drawId(), guest: this.#drawId() },
      phases: { host: {}, guest: {} },
      endsAt: 0,
      expiresAt: "",
      closed: null,
      bytes: 0,
    };
    this.#setEnd(meeting);
    place.meetings.push(meeting);
    this.#meetings.set(meeting.id, meeting);
    return meeting;
  }

  #setEnd(meeting: Meeting): void {
    const { clock } = this.deps;
    meeting.endsAt = clock.monotonic() + PAIR2_LIFE_MS;
    const end = Temporal.Instant.fromEpochMilliseconds(Math.floor(clock.now()) + PAIR2_LIFE_MS);
    meeting.expiresAt = end.toString();
  }

  #expire(meeting: Meeting): void {
    if (this.deps.clock.monotonic() >= meeting.endsAt) this.#end(meeting, "expired");
  }

  /** A side that comes late may still read the other's `done`; anything else is not needed. */
  #end(meeting: Meeting, closed: "done" | "abandoned" | "expired"): void {
    if (meeting.closed !== null) return;
    meeting.closed = closed;
    meeting.place.restsUntil = this.deps.clock.monotonic() + PAIR2_REST_MS;
    if (closed !== "done") this.#empty(meeting);
  }

  #empty(meeting: Meeting): void {
    this.#bytes -= meeting.bytes;
    meeting.bytes = 0;
    meeting.phases.host = {};
    meeting.phases.guest = {};
  }

  #forget(place: Place): void {
    for (const meeting of place.meetings) {
      this.#empty(meeting);
      this.#meetings.delete(meeting.id);
    }
    this.#places.delete(place.nameplate);
    this.#byClaim.delete(place.hostClaim);
    if (place.nameplate.length === 4) this.#shortNames--;
  }

  #drawId = (): string => this.deps.random.bytes(ID_BYTES).toHex();

  /** Four digits; five once a tenth of those is used. */
  #drawName(): string | undefined {
    const digits = this.#shortNames < SHORT_NAMES ? 4 : 5;
    for (let draw = 0; draw < MAX_DRAWS; draw++) {
      const random = new DataView(this.deps.random.bytes(4).buffer).getUint32(0);
      const nameplate = String(random % 10 ** digits).padStart(digits, "0");
      if (!this.#places.has(nameplate)) return nameplate;
    }
    return undefined;
  }
}

const seatOf = (meeting: Meeting, side: Side): Seat => ({
  nameplate: meeting.place.nameplate,
  pairId: meeting.id,
  side,
  token: meeting.tokens[side],
  expiresAt: meeting.expiresAt,
});

function isSameText(a: string, b: string): boolean {
  const encoder = new TextEncoder();
  const [x, y] = [encoder.encode(a), encoder.encode(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}

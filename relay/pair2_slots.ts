/**
 * Rendezvous for pairings of the form pair/2: a place has a nameplate, and one meeting at a time of a
 * host and a guest, each with a token of its own. Bounded; bodies are opaque.
 * See docs/protocol/extensions.md §10.
 */
import { z } from "zod";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import { sha256Hex } from "../protocol/identity/encoding.ts";
import type { Phase } from "../protocol/pair2/event.ts";
import { otherSide, type Side } from "../protocol/pair2/side.ts";
import { MAX_REOPENS } from "../protocol/pair2/state.ts";
import type { Decision, Documents, Kind, Write } from "../store/pairings/documents.ts";
import { GuestAttempts } from "./pair2_attempts.ts";
import {
  asOf,
  bytesOf,
  currentOf,
  ended,
  freeAt,
  hostTokenOf,
  type Meeting,
  newMeeting,
  type Now,
  type Phases,
  Place,
  sideOf,
  tokenFrom,
  withGuest,
  withMeeting,
} from "./pair2_place.ts";

const ID_BYTES = 16;
/** Names of four digits that may be in use before longer ones are drawn. */
const SHORT_NAMES = 1_000;
/** With at most half of all names in use, so many draws find none about once in 2^64. */
const MAX_DRAWS = 64;

/** By nameplate. */
export const PLACES: Kind<Place> = { name: "place", schema: Place, isCounted: true };
const Pointer = z.object({ nameplate: z.string() });
/** By SHA-256 of the host's claim. */
const CLAIMS: Kind<z.infer<typeof Pointer>> = { name: "claim", schema: Pointer, isCounted: false };
/** By pair id. */
const MEETINGS: Kind<z.infer<typeof Pointer>> = {
  name: "meeting",
  schema: Pointer,
  isCounted: false,
};

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
  readonly nameplate: string;
  readonly meeting: Meeting;
  readonly side: Side;
  readonly token: string;
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
  | { readonly tag: "closed" | "spent" | "not_host" | "full" };
export type PhasePut = "stored" | "same" | "differs" | "closed" | "full";

export interface Pair2Limits {
  /** Remembered by the limit on guests. */
  readonly maxSources: number;
}

export interface Pair2Deps {
  readonly documents: Documents;
  readonly clock: Clock;
  readonly random: Random;
}

export class Pair2Slots {
  readonly #documents: Documents;
  readonly #attempts: GuestAttempts;

  constructor(readonly deps: Pair2Deps, limits: Pair2Limits) {
    this.#documents = deps.documents;
    this.#attempts = new GuestAttempts(deps.clock, limits.maxSources);
  }

  /** The same claim gets the same place, also when it was opened anew or closed meanwhile. */
  async claimHost(claim: string): Promise<HostClaimed> {
    const hash = sha256Hex(claim);
    const known = await this.#placeOf(CLAIMS, hash);
    if (known?.hostClaim === hash) return hostSeated(known, claim, { isNew: false });
    const made = await this.#makePlace(claim);
    if (made === undefined) return { tag: "full" };
    const { nameplate } = made;
    await this.#point(MEETINGS, currentOf(made).id, made);
    const first = await this.#documents.update(
      CLAIMS,
      hash,
      (before) =>
        before !== undefined && before.nameplate !== known?.nameplate
          ? { answer: before.nameplate }
          : { answer: nameplate, write: this.#pointer(made) },
    );
    // Two requests with one claim: the first keeps its place, ours is given back.
    const winner = first === nameplate ? undefined : await this.#placeOf(CLAIMS, hash);
    if (winner?.hostClaim !== hash) return hostSeated(made, claim, { isNew: true });
    await this.#documents.update(PLACES, nameplate, () => ({ answer: true, write: "forget" }));
    return hostSeated(winner, claim, { isNew: false });
  }

  /** Every attempt counts but the repetition of a claim. */
  async claimGuest(nameplate: string, claim: string, source: string): Promise<GuestClaimed> {
    const place = await this.#place(nameplate);
    if (place !== undefined && currentOf(place).guestClaim === sha256Hex(claim)) {
      return { tag: "seated", seat: guestSeat(place, claim) };
    }
    const waitMs = this.#attempts.take(source);
    if (waitMs > 0) return { tag: "limited", waitMs };
    const claimed = await this.#step<GuestClaimed>(nameplate, (place) => {
      if (place === undefined || currentOf(place).closed !== null) {
        return { answer: { tag: "unknown" } };
      }
      if (currentOf(place).guestClaim !== null) return { answer: { tag: "taken" } };
      const after = withGuest(place, claim, this.#now());
      return { answer: { tag: "seated", seat: guestSeat(after, claim) }, after };
    });
    if (claimed === "full") return { tag: "unknown" };
    if (claimed.tag !== "seated") return claimed;
    const seated = await this.#place(nameplate);
    if (seated !== undefined) await this.#pointAll(seated);
    return claimed;
  }

  async exists(pairId: string): Promise<boolean> {
    return await this.#placeOf(MEETINGS, pairId) !== undefined;
  }

  /** @returns undefined if the token is that of neither side */
  async sideOf(pairId: string, token: string): Promise<Seated | undefined> {
    const place = await this.#placeOf(MEETINGS, pairId);
    const meeting = place?.meetings.find(({ id }) => id === pairId);
    if (place === undefined || meeting === undefined) return undefined;
    const side = sideOf(meeting, token);
    return side === undefined ? undefined : { nameplate: place.nameplate, meeting, side, token };
  }

  async put(seated: Seated, phase: Phase, body: string): Promise<PhasePut> {
    return await this.#inMeeting<PhasePut>(seated, "closed", (place, meeting) => {
      if (meeting.closed !== null) return { answer: "closed" };
      const own = meeting.phases[seated.side];
      const before = own[phase];
      if (before !== undefined) return { answer: before === body ? "same" : "differs" };
      const phases = { ...meeting.phases, [seated.side]: { ...own, [phase]: body } };
      return { answer: "stored", after: withMeeting(place, { ...meeting, phases }) };
    });
  }

  look({ meeting, side }: Seated): Pair2View {
    return {
      side,
      joined: meeting.guestClaim !== null,
      expiresAt: meeting.expiresAt,
      peer: meeting.phases[otherSide(side)],
      closed: meeting.closed,
    };
  }

  /** Calls back soon after the meeting may have changed. @returns what ends that */
  watch({ nameplate }: Seated, onChange: () => void): () => void {
    return this.#documents.watch(PLACES, nameplate, onChange);
  }

  /** `done` if both sides have said so, else `abandoned`; what is closed stays as it was closed. */
  async close(seated: Seated): Promise<Seated> {
    const closed = await this.#inMeeting<Meeting>(seated, seated.meeting, (place, meeting) => {
      const { host, guest } = meeting.phases;
      const both = host.done !== undefined && guest.done !== undefined;
      const closed = both ? "done" : "abandoned";
      const after = ended(place, meeting, { closed, at: this.#now().at });
      return { answer: after.meetings.find(({ id }) => id === meeting.id) ?? meeting, after };
    });
    return closed === "full" ? seated : { ...seated, meeting: closed };
  }

  /** Another meeting at the same place. Repeated for the same old meeting, the same answer. */
  async reopen(seated: Seated): Promise<Reopened> {
    const { side, token } = seated;
    if (side !== "host") return { tag: "not_host" };
    const id = this.#drawId();
    const reopened = await this.#inMeeting<Reopened>(
      seated,
      { tag: "closed" },
      (place, meeting) => {
        const next = place.meetings[place.meetings.indexOf(meeting) + 1];
        if (next !== undefined) {
          return {
            answer: { tag: "seated", seat: hostSeat(place, next, tokenFrom(token, next.id)) },
          };
        }
        if (meeting.closed !== null) return { answer: { tag: "closed" } };
        if (place.meetings.length > MAX_REOPENS) return { answer: { tag: "spent" } };
        const now = this.#now();
        const over = ended(place, meeting, { closed: "abandoned", at: now.at });
        const hostToken = tokenFrom(token, id);
        const made = newMeeting(id, hostToken, now);
        const after = { ...over, meetings: [...over.meetings, made], restsUntil: null };
        return { answer: { tag: "seated", seat: hostSeat(after, made, hostToken) }, after };
      },
    );
    const place = await this.#place(seated.nameplate);
    if (place !== undefined) await this.#pointAll(place);
    return reopened === "full" ? { tag: "full" } : reopened;
  }

  /** Forgets places that have rested. */
  sweep(): void {
    this.#documents.sweep();
  }

  #now(): Now {
    return { at: this.#documents.now(), wall: this.deps.clock.now() };
  }

  /** As it is now. */
  async #place(nameplate: string): Promise<Place | undefined> {
    const place = await this.#documents.get(PLACES, nameplate);
    return place === undefined ? undefined : asOf(place, this.#now());
  }

  async #placeOf(
    kind: Kind<z.infer<typeof Pointer>>,
    name: string,
  ): Promise<Place | undefined> {
    const pointer = await this.#documents.get(kind, name);
    const place = pointer === undefined ? undefined : await this.#place(pointer.nameplate);
    // The name may have been given out again.
    if (kind === CLAIMS) return place?.hostClaim === name ? place : undefined;
    return place?.meetings.some(({ id }) => id === name) === true ? place : undefined;
  }

  #step<A>(
    nameplate: string,
    decide: (place: Place | undefined) => { readonly answer: A; readonly after?: Place },
  ): Promise<A | "full"> {
    return this.#documents.update(PLACES, nameplate, (before): Decision<Place, A> => {
      const { answer, after } = decide(
        before === undefined ? undefined : asOf(before, this.#now()),
      );
      return after === undefined ? { answer } : { answer, write: this.#written(after) };
    });
  }

  /** @param gone the answer when the meeting is not there any more */
  #inMeeting<A>(
    { nameplate, meeting }: Seated,
    gone: A,
    decide: (place: Place, meeting: Meeting) => { readonly answer: A; readonly after?: Place },
  ): Promise<A | "full"> {
    return this.#step<A>(nameplate, (place) => {
      const now = place?.meetings.find(({ id }) => id === meeting.id);
      return place === undefined || now === undefined ? { answer: gone } : decide(place, now);
    });
  }

  async #makePlace(claim: string): Promise<Place | undefined> {
    const short = await this.#documents.count(CLAIMS, SHORT_NAMES);
    const digits = short < SHORT_NAMES ? 4 : 5;
    for (let draw = 0; draw < MAX_DRAWS; draw++) {
      const random = new DataView(this.deps.random.bytes(4).buffer).getUint32(0);
      const nameplate = String(random % 10 ** digits).padStart(digits, "0");
      const id = this.#drawId();
      const meeting = newMeeting(id, tokenFrom(claim, id), this.#now());
      const hostClaim = sha256Hex(claim);
      const place: Place = { nameplate, hostClaim, meetings: [meeting], restsUntil: null };
      const made = await this.#step<boolean>(nameplate, (other) => {
        if (other !== undefined && this.#now().at <= freeAt(other)) return { answer: false };
        return { answer: true, after: place };
      });
      if (made === "full") return undefined;
      if (made) return place;
    }
    return undefined;
  }

  #written = (value: Place): Write<Place> => ({
    value,
    lifeMs: Math.max(0, freeAt(value) - this.#now().at),
    bytes: bytesOf(value),
  });

  /** As long as the place. */
  #pointer = (place: Place): Write<z.infer<typeof Pointer>> => ({
    value: { nameplate: place.nameplate },
    lifeMs: this.#written(place).lifeMs,
    bytes: 0,
  });

  async #point(
    kind: Kind<z.infer<typeof Pointer>>,
    name: string,
    place: Place,
  ): Promise<void> {
    await this.#documents.update(kind, name, () => ({ answer: true, write: this.#pointer(place) }));
  }

  /** After what makes it live longer. */
  async #pointAll(place: Place): Promise<void> {
    await this.#point(CLAIMS, place.hostClaim, place);
    for (const { id } of place.meetings) await this.#point(MEETINGS, id, place);
  }

  #drawId = (): string => this.deps.random.bytes(ID_BYTES).toHex();
}

const hostSeat = ({ nameplate }: Place, meeting: Meeting, token: string): Seat => ({
  nameplate,
  pairId: meeting.id,
  side: "host",
  token,
  expiresAt: meeting.expiresAt,
});

function hostSeated(
  place: Place,
  claim: string,
  { isNew }: { readonly isNew: boolean },
): HostClaimed {
  const seat = hostSeat(place, currentOf(place), hostTokenOf(place, claim));
  return { tag: "seated", seat, isNew };
}

function guestSeat(place: Place, claim: string): Seat {
  const { id, expiresAt } = currentOf(place);
  const token = tokenFrom(claim, id);
  return { nameplate: place.nameplate, pairId: id, side: "guest", token, expiresAt };
}

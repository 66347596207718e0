/**
 * A place where the sides of a pair/2 code meet, as it is kept: a nameplate, and one meeting at a
 * time. Pure steps; tokens are derived from what the sides hold and kept as hashes only, so that a
 * lost answer can be given again. See docs/protocol/extensions.md §10.
 */
import { timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { sha256Hex } from "../protocol/identity/encoding.ts";
import type { Side } from "../protocol/pair2/side.ts";

/** Of a meeting; once more from when the guest arrives. */
export const PAIR2_LIFE_MS = 600_000;
/** A nameplate is not given out again for so long after its last meeting was closed. */
export const PAIR2_REST_MS = 3_600_000;

const Phases = z.object({
  commit: z.string().optional(),
  pake: z.string().optional(),
  confirm: z.string().optional(),
  card: z.string().optional(),
  done: z.string().optional(),
});
export type Phases = z.infer<typeof Phases>;

const Meeting = z.object({
  id: z.string(),
  /** SHA-256 of the tokens; the guest's once there is one. */
  host: z.string(),
  guest: z.string().nullable(),
  /** SHA-256. */
  guestClaim: z.string().nullable(),
  phases: z.object({ host: Phases, guest: Phases }),
  /** On the documents' clock. */
  endsAt: z.number(),
  /** RFC 3339, the same moment. */
  expiresAt: z.string(),
  closed: z.enum(["done", "abandoned", "expired"]).nullable(),
});
export type Meeting = z.infer<typeof Meeting>;

export const Place = z.object({
  nameplate: z.string(),
  /** SHA-256. */
  hostClaim: z.string(),
  /** The last one is the current one. */
  meetings: z.array(Meeting).min(1),
  /** On the documents' clock; set when its current meeting is closed. */
  restsUntil: z.number().nullable(),
});
export type Place = z.infer<typeof Place>;

/** When it is, on both clocks. */
export interface Now {
  /** On the documents' clock. */
  readonly at: number;
  /** Epoch milliseconds. */
  readonly wall: number;
}

const endOf = ({ at, wall }: Now): Pick<Meeting, "endsAt" | "expiresAt"> => ({
  endsAt: at + PAIR2_LIFE_MS,
  expiresAt: Temporal.Instant.fromEpochMilliseconds(Math.floor(wall) + PAIR2_LIFE_MS).toString(),
});

/** @param secret the claim, or the token of the meeting before. @returns 32 hex digits */
export const tokenFrom = (secret: string, meetingId: string): string =>
  sha256Hex(`wire/v2 side token ${secret} ${meetingId}`).slice(0, 32);

/** The host's token of the current meeting, for whoever holds the claim. */
export const hostTokenOf = ({ meetings }: Place, claim: string): string =>
  meetings.reduce((secret, { id }) => tokenFrom(secret, id), claim);

export function newMeeting(id: string, hostToken: string, now: Now): Meeting {
  return {
    id,
    host: sha256Hex(hostToken),
    guest: null,
    guestClaim: null,
    phases: { host: {}, guest: {} },
    ...endOf(now),
    closed: null,
  };
}

export function currentOf({ meetings }: Place): Meeting {
  const meeting = meetings.at(-1);
  if (meeting === undefined) throw new RangeError("a place without a meeting");
  return meeting;
}

export const withMeeting = (place: Place, meeting: Meeting): Place => ({
  ...place,
  meetings: place.meetings.map((other) => other.id === meeting.id ? meeting : other),
});

export const withGuest = (place: Place, claim: string, now: Now): Place => {
  const meeting = currentOf(place);
  return withMeeting(place, {
    ...meeting,
    guest: sha256Hex(tokenFrom(claim, meeting.id)),
    guestClaim: sha256Hex(claim),
    ...endOf(now),
  });
};

/** What has expired is closed. */
export function asOf(place: Place, { at }: Pick<Now, "at">): Place {
  const meeting = currentOf(place);
  if (meeting.closed !== null || at < meeting.endsAt) return place;
  return ended(place, meeting, { closed: "expired", at: meeting.endsAt });
}

/** A side that comes late may still read the other's `done`; anything else is not needed. */
export function ended(
  place: Place,
  meeting: Meeting,
  { closed, at }: { readonly closed: "done" | "abandoned" | "expired"; readonly at: number },
): Place {
  if (meeting.closed !== null) return place;
  const phases = closed === "done" ? meeting.phases : { host: {}, guest: {} };
  const after = withMeeting(place, { ...meeting, closed, phases });
  return { ...after, restsUntil: at + PAIR2_REST_MS };
}

/** When the nameplate is free again. */
export const freeAt = (place: Place): number =>
  place.restsUntil ?? currentOf(place).endsAt + PAIR2_REST_MS;

/** Of all bodies. */
export const bytesOf = ({ meetings }: Place): number =>
  meetings.flatMap(({ phases: { host, guest } }) => [host, guest])
    .flatMap((phases) => Object.values(phases))
    .reduce((sum, body) => sum + (body?.length ?? 0), 0);

/** @returns undefined if the token is that of neither side */
export function sideOf({ host, guest }: Meeting, token: string): Side | undefined {
  const hash = sha256Hex(token);
  if (isSame(host, hash)) return "host";
  return guest !== null && isSame(guest, hash) ? "guest" : undefined;
}

/** Hex of equal length. */
function isSame(a: string, b: string): boolean {
  const [x, y] = [Uint8Array.fromHex(a), Uint8Array.fromHex(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}

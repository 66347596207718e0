/**
 * How long a request of ours stays open: seven days, or what `add --ttl` says. After that an answer
 * is shown and not applied. Kept in the peer's entry of relay.json, where 0.5.19 lets it be.
 * See docs/protocol/extensions.md §14 ruling 12.
 */
import type { EpochMs } from "../../protocol/ids.ts";
import type { RelayState } from "../../protocol/schemas/relay_state.ts";
import { instantMs } from "../../protocol/text/instant.ts";
import type { ClientContext } from "../context.ts";
import { revokeFor } from "../grants/revoke.ts";
import { knownRoute } from "./routes.ts";

export const REQUEST_TTL_S = 604_800;

/** Of the peer's entry: when we asked, by our clock, and until when an answer counts. */
const ASKED_AT = "asked_at";
const EXPIRES_AT = "ask_expires_at";
/** The arguments of the `wire add` that made it. */
const ASKED_AS = "asked_as";
/** Clocks of two machines may differ; an answer older than our request by more answers another. */
const CLOCKS_DIFFER_MS = 86_400_000;

export interface OpenRequest {
  readonly askedAt: EpochMs;
  readonly expiresAt: EpochMs;
}

/**
 * The members that make an entry without a token a request.
 * @param askedAs what `wire add` was given
 */
export const requestMembers = (
  now: EpochMs,
  ttlS: number,
  askedAs?: string,
): Record<string, string> => ({
  ...(askedAs === undefined ? {} : { [ASKED_AS]: askedAs }),
  [ASKED_AT]: new Date(now).toISOString(),
  [EXPIRES_AT]: new Date(now + ttlS * 1_000).toISOString(),
});

/** @returns undefined once the peer has answered, and where no time was written down */
export function openRequest(state: RelayState, handle: string): OpenRequest | undefined {
  if (knownRoute(state, handle)?.hasToken !== false) return undefined;
  const askedAt = instantIn(state.peers[handle]?.[ASKED_AT]);
  const expiresAt = instantIn(state.peers[handle]?.[EXPIRES_AT]);
  return askedAt === undefined || expiresAt === undefined ? undefined : { askedAt, expiresAt };
}

const instantIn = (value: unknown): EpochMs | undefined =>
  typeof value === "string" ? instantMs(value) : undefined;

/** Whether our request to that peer has had no answer in its time. Pure; every screen asks this. */
export function isRequestExpired(state: RelayState, handle: string, now: EpochMs): boolean {
  const request = openRequest(state, handle);
  return request !== undefined && now >= request.expiresAt;
}

/** What `peers` and `status` add to a peer whose answer did not come in time. */
export interface ExpiredNote {
  readonly request: "expired";
  /** The command that asks again. */
  readonly next: string;
}

/** Pure. @returns undefined unless our request to that peer has expired */
export function expiredNote(
  state: RelayState,
  handle: string,
  now: EpochMs,
): ExpiredNote | undefined {
  if (!isRequestExpired(state, handle, now)) return undefined;
  const askedAs = state.peers[handle]?.[ASKED_AS];
  return {
    request: "expired",
    next: `wire add ${typeof askedAs === "string" ? askedAs : `${handle}@<domain>`}`,
  };
}

/** Whether an answer of that time is to an earlier request, of before a `forget-peer`. */
export function isOlderThanRequest(state: RelayState, handle: string, at: string): boolean {
  const request = openRequest(state, handle);
  const time = instantMs(at);
  return request !== undefined && time !== undefined && time < request.askedAt - CLOCKS_DIFFER_MS;
}

/**
 * Takes back what expired requests gave away. Again is the same.
 * @throws {WireError} locked, unreadable, write_failed
 */
export async function endExpiredRequests(context: ClientContext): Promise<void> {
  const { home, platform: { clock } } = context;
  const state = await home.readRelayState();
  const now = clock.now();
  const expired = Object.keys(state.peers).filter((name) => isRequestExpired(state, name, now));
  if (expired.length === 0) return;
  const { agents } = await home.readTrust();
  for (const name of expired) {
    const did = agents.get(name)?.did;
    if (did !== undefined) await revokeFor(context, did);
  }
}

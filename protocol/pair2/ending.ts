/** How a pairing of the form pair/2 ends without a peer, or begins once more. */
import type { Pair2Effect } from "./event.ts";
import {
  DUE_MS,
  type Ended,
  type Live2,
  MAX_REOPENS,
  type Meeting,
  type Pair2State,
  type Remains,
} from "./state.ts";

type EndStep = readonly [Pair2State, readonly Pair2Effect[]];

/** Words and secrets go; the relay is told, and a grant that may be out is taken back. */
export function ended(state: Live2, error: string): EndStep {
  const { about } = state;
  const { side, relayUrl, createdAt, nameplate, tried } = about;
  const remains: Remains = {
    side,
    relayUrl,
    createdAt,
    ...(nameplate === undefined ? {} : { nameplate }),
  };
  const closing = state.tag === "claiming"
    ? undefined
    : { pairId: state.meeting.pairId, sideToken: state.meeting.sideToken };
  const revoking = state.tag === "agreed" || state.tag === "offered" || state.tag === "held";
  const over: Ended = {
    tag: "ended",
    remains,
    error: told(state, error),
    tried,
    ...(closing === undefined ? {} : { closing }),
    revoking,
  };
  const effects: Pair2Effect[] = [];
  if (closing !== undefined) effects.push({ tag: "close", ...closing });
  if (revoking) effects.push({ tag: "revoke" });
  return [over, [...effects, { tag: "notify", notice: "ended" }]];
}

function told(state: Live2, error: string): string {
  if (state.tag === "held") {
    return `${error}: ${state.peerDid} may show you as verified: pair again`;
  }
  const attempted = state.about.tried
    ? `${error}; somebody may have tried to guess the words`
    : error;
  return state.tag === "offered"
    ? `${attempted}; the other side may wait for us: pair again`
    : attempted;
}

/**
 * A guest that holds the code and lets its next phase wait is shut out: the host opens the code anew,
 * at most twice. A guest itself waits until the code expires.
 */
export function orReopen(state: Meeting, now: number): EndStep {
  const { about, dueSince, meeting, secrets } = state;
  const isOurs = state.tag === "waiting" || state.tag === "shown" || state.tag === "awaiting";
  if (about.side === "guest" || !isOurs || dueSince === undefined || now < dueSince + DUE_MS) {
    return [state, []];
  }
  if (about.reopened >= MAX_REOPENS) {
    return ended(state, "somebody held the code without going on, three times");
  }
  return [
    { tag: "reopening", about: { ...about, reopened: about.reopened + 1 }, meeting, secrets },
    [{ tag: "reopen" }, { tag: "notify", notice: "reopened" }],
  ];
}

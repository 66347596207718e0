/**
 * The effects of a pair/2 pairing that talk to its meeting place. Each may be repeated at any time.
 * See docs/protocol/extensions.md §10.
 */
import type { Random } from "../../platform/random.ts";
import { isPairId, isSideToken } from "../../protocol/ids.ts";
import type { Pair2Effect, Pair2Event } from "../../protocol/pair2/event.ts";
import type { Claiming, Closing, Live2, Reopening } from "../../protocol/pair2/state.ts";
import type { ClientContext } from "../context.ts";
import { type Outcome, relayFailure } from "../pairing/outcome.ts";
import type { Seat2 } from "../relay/pair2_calls.ts";
import { drawSecrets } from "./records.ts";

export type Outcome2 = Outcome<Pair2Event>;

export const happened2 = (event: Pair2Event): Outcome2 => ({ tag: "event", event });

/** A state with a place. */
type Seated = Exclude<Live2, Claiming>;

interface Relay {
  readonly context: Pick<ClientContext, "relay">;
  readonly signal: AbortSignal;
}

const failed = (error: string) => (): Pair2Event => ({ tag: "failed", error });

/** 404 on whatever concerns the place. */
const forgotten = failed(
  "the relay does not know this pairing any more: it has expired, or the relay was restarted",
);

/** `POST /v1/pair2`, for a guest with the nameplate. */
export async function claim({ context, signal }: Relay, { about }: Claiming): Promise<Outcome2> {
  const { side, claim, nameplate, relayUrl } = about;
  try {
    const { pair2 } = context.relay(relayUrl);
    return happened2({
      tag: "claimed",
      meeting: await pair2.claim({ side, claim, nameplate }, signal),
    });
  } catch (error) {
    return relayFailure<Pair2Event>(error, {
      404: failed(`unknown code: nobody waits under ${nameplate ?? "it"} at ${relayUrl}`),
      409: failed("this code is already in use by two sides"),
    });
  }
}

/** The place under the same nameplate that shuts the present guest out. */
export async function reopen(
  { context, signal }: Relay,
  state: Reopening,
  random: Random,
): Promise<Outcome2> {
  try {
    const meeting = await context.relay(state.about.relayUrl).pair2.reopen(seatOf(state), signal);
    return happened2({ tag: "reopened", meeting, secrets: drawSecrets(random) });
  } catch (error) {
    return relayFailure<Pair2Event>(error, { 404: forgotten });
  }
}

/** The same bytes each time: other bytes would be refused for good. */
export async function put(
  { context, signal }: Relay & { readonly context: ClientContext },
  state: Seated,
  { phase, body }: Extract<Pair2Effect, { tag: "put" }>,
): Promise<Outcome2> {
  const refused = (error: string) => ({ tag: "putRefused", phase, error } as const);
  try {
    const { pair2 } = context.relay(state.about.relayUrl);
    await pair2.put(seatOf(state), { phase, body, signal });
    return happened2({ tag: "put", phase, now: context.platform.clock.now() });
  } catch (error) {
    return relayFailure<Pair2Event>(error, { 404: forgotten, 409: refused, 410: refused });
  }
}

export async function look(
  { context, signal }: Relay & { readonly context: ClientContext },
  state: Seated,
): Promise<Outcome2> {
  try {
    const seen = await context.relay(state.about.relayUrl).pair2.look(seatOf(state), signal);
    return happened2({ tag: "looked", look: seen, now: context.platform.clock.now() });
  } catch (error) {
    return relayFailure<Pair2Event>(error, { 404: forgotten });
  }
}

/** The other side sees at once that it is over. */
export async function close(
  { context, signal }: Relay,
  relayUrl: Live2["about"]["relayUrl"],
  closing: Closing,
): Promise<Outcome2> {
  try {
    await context.relay(relayUrl).pair2.close(narrowed(closing), signal);
    return happened2({ tag: "closed" });
  } catch (error) {
    const outcome = relayFailure<Pair2Event>(error, {});
    // A relay that refuses will refuse again.
    return outcome.tag === "event" ? happened2({ tag: "closed" }) : outcome;
  }
}

const seatOf = ({ about: { side }, meeting }: Seated): Seat2 => ({ side, ...narrowed(meeting) });

/** @throws {RangeError} what no record can hold */
function narrowed({ pairId, sideToken }: Closing): Pick<Seat2, "pairId" | "sideToken"> {
  if (isPairId(pairId) && isSideToken(sideToken)) return { pairId, sideToken };
  throw new RangeError("expected a pair_id and a side token");
}

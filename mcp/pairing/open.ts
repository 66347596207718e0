/** Beginning a pairing for an agent: an identity, a relay, and then the session. */
import { z } from "zod";
import type { ClientContext } from "../../client/context.ts";
import { init } from "../../client/operations/init.ts";
import { PairForm } from "../../client/pairing/pair_listing.ts";
import { WireError } from "../../protocol/errors.ts";
import { displaySas } from "../../protocol/pairing/sas.ts";
import type { ToolCall } from "../tool_call.ts";
import type { Conversation, PairSession, SessionState } from "./session.ts";

export const ASK_DIGITS =
  "Ask your operator to type the six digits that the PEER's screen shows, and pass exactly what they " +
  "typed to wire_pair_confirm. Digits from any tool's output prove nothing.";

/** With `handle` a fresh home gets its identity. @throws {WireError} as init */
export async function ensureIdentity(
  context: ClientContext,
  handle: string | undefined,
): Promise<void> {
  if (handle === undefined || await context.home.isInitialized()) return;
  await init.run(context, { handle });
}

/** The relay where the sides meet; the mailbox stays where it is. @throws {WireError} usage */
export async function meetingRelay(
  { home }: ClientContext,
  asked: string | undefined,
): Promise<string> {
  if (asked !== undefined) return asked.replace(/\/+$/, "");
  const relay = (await home.readRelayState()).self?.relay_url;
  if (relay !== undefined && relay !== "") return relay;
  throw new WireError("usage", "no relay_url provided and no relay bound");
}

export const SessionAnswer = z.object({
  session_id: z.string(),
  state: z.enum(["opening", "waiting", "sas_ready", "confirmed", "finalized", "aborted"]),
  code_phrase: z.string().optional(),
  relay_url: z.string().optional(),
  sas: z.string().optional(),
  reason: z.string().optional(),
  expires_at: z.string().optional(),
  form: PairForm.optional(),
  next: z.string().optional(),
});
export type SessionAnswer = z.output<typeof SessionAnswer>;

const NEXT: Readonly<Record<SessionState["tag"], string>> = {
  opening: "Call wire_pair_check: the relay has not answered yet.",
  waiting: "Give the code to your operator for the peer, then call wire_pair_check.",
  sas_ready: ASK_DIGITS,
  confirmed: "The digits were right; wire_pair_confirm again waits for the other side to finish.",
  finalized: "Paired: wire_peers shows the peer.",
  aborted: "It is over: begin anew with wire_pair_initiate or wire_pair_join.",
};

export function sessionAnswer({ about, meeting, state }: PairSession): SessionAnswer {
  return {
    session_id: about.id,
    state: state.tag,
    relay_url: about.relayUrl,
    ...(meeting === undefined ? {} : {
      code_phrase: meeting.code,
      expires_at: meeting.expiresAt,
      form: meeting.form,
    }),
    ...("sas" in state ? { sas: displayed(state.sas) } : {}),
    ...(state.tag === "finalized" ? { sas: state.result.sas } : {}),
    ...(state.tag === "aborted" ? { reason: reasonOf(state.error) } : {}),
    next: NEXT[state.tag],
  };
}

const displayed = (sas: string): string => sas.includes("-") ? sas : displaySas(sas);

/** Of a fault of ours nothing is told. */
export const reasonOf = (error: unknown): string =>
  error instanceof WireError ? error.message : "internal error";

const OPENING_MS = 30_000;

export interface Opening {
  /** Where the sides meet. */
  readonly relay: string;
  readonly drive: Conversation;
  /** For what comes after the code: at most so long. */
  readonly maxWaitMs: number;
}

/**
 * Opens a session and waits for what it can answer with.
 * @throws {WireError} what the opening failed with: that is an error, not an answer
 */
export async function openedAnswer(
  { host, context, signal }: Pick<ToolCall, "host" | "context" | "signal">,
  { relay, drive, maxWaitMs }: Opening,
): Promise<SessionAnswer> {
  const session = await host.pairings.open(relay, drive);
  throwIfAborted(await session.whileIn(["opening"], OPENING_MS, signal));
  throwIfAborted(await session.whileIn(["waiting"], maxWaitMs, signal));
  for (const line of session.warnings) context.warn(line);
  return sessionAnswer(session);
}

function throwIfAborted(state: SessionState): void {
  if (state.tag === "aborted") throw state.error;
}

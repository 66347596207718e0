/**
 * The relay of this machine, for `wire up`: whether one answers, and this home's mailbox there, if it has one
 * or is to have one. See docs/protocol/extensions.md §14, 7.
 */
import { WireError } from "../../protocol/errors.ts";
import type { RelayUrl } from "../../protocol/ids.ts";
import { visible } from "../../protocol/text/visible.ts";
import { shownRelay } from "../../protocol/unix_relay.ts";
import type { Identity } from "../../store/home/identity.ts";
import type { NewMailbox } from "../../store/home/mailbox.ts";
import type { ClientContext } from "../context.ts";
import {
  ensureLocalMailbox,
  localMailbox,
  PROBE_MS,
  relayCommand,
} from "../sessions/local_mailbox.ts";
import { errorText } from "../sync/error_text.ts";
import { isLocal, ownRoutes } from "../sync/routes.ts";
import { type UpStep, warningOf } from "./step.ts";

const stage = "local-relay";

/** Begun with the command, so that nothing waits for it. */
export interface LocalProbe extends AsyncDisposable {
  readonly relay: RelayUrl;
  /** Why none answers there, in a few words; undefined when one does. */
  readonly silence: Promise<string | undefined>;
}

export function probeLocal(context: ClientContext, relay: RelayUrl): LocalProbe {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, context.platform.clock.timeout(PROBE_MS)]);
  const silence = silenceAt(context, relay, signal);
  return {
    relay,
    silence,
    async [Symbol.asyncDispose]() {
      over.abort();
      await silence;
    },
  };
}

async function silenceAt(
  context: ClientContext,
  relay: RelayUrl,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const { isRelay } = await context.relay(relay).health(signal);
    return isRelay ? undefined : "what answers there is no relay";
  } catch (error) {
    if (signal.aborted) return "no answer in time";
    if (!(error instanceof WireError)) throw error;
    return visible(errorText(error).replaceAll(relay, shownRelay(relay)), { maxLength: 200 });
  }
}

export interface LocalWish {
  readonly identity: Identity;
  readonly mailbox: NewMailbox;
  readonly probe: LocalProbe;
  /** `--with-local`: a mailbox there, too. */
  readonly isWanted: boolean;
}

/**
 * A mailbox that is there is kept whole; one that nobody asked for is never made: who listens on a port of
 * this machine may be anybody of its users.
 * @returns undefined where the main mailbox is on that relay
 */
export async function localStep(
  context: ClientContext,
  wish: LocalWish,
): Promise<UpStep | undefined> {
  const { probe, mailbox, isWanted } = wish;
  if (mailbox.relayUrl === probe.relay) return undefined;
  const there = ownRoutes(await context.home.readRelayState()).filter(isLocal);
  const relay = isWanted ? probe.relay : there[0]?.relayUrl;
  if (relay !== undefined) return await mailboxStepAt(context, wish.identity, relay);
  const silence = await probe.silence;
  const shown = shownRelay(probe.relay);
  const detail = silence === undefined
    ? `a relay of this machine answers at ${shown}; for a second mailbox there, so that agents here ` +
      "talk without leaving it: wire up --with-local"
    : `none on this machine (${silence}); so that agents here talk without leaving it: ` +
      `${relayCommand(probe.relay)}; then: wire up --with-local`;
  return { stage, detail, status: "skipped" };
}

async function mailboxStepAt(
  context: ClientContext,
  identity: Identity,
  relay: RelayUrl,
): Promise<UpStep> {
  try {
    const before = await localMailbox(context, relay);
    const result = await ensureLocalMailbox(context, identity, relay);
    if (result.tag === "none") return { stage, detail: `WARNING ${result.why}`, status: "warning" };
    const { slotId } = result.mailbox;
    const where = `mailbox on ${shownRelay(relay)} (slot ${slotId})`;
    return before?.slotId === slotId
      ? { stage, detail: `already has a ${where}`, status: "already" }
      : { stage, detail: `second ${where}`, status: "done" };
  } catch (error) {
    return warningOf(stage, error, `no mailbox on ${shownRelay(relay)}: `);
  }
}

/** The mailbox of `wire up`: got, or the one that is here, and whether its relay knows it. */
import { WireError } from "../../protocol/errors.ts";
import type { RelayUrl } from "../../protocol/ids.ts";
import type { NewMailbox } from "../../store/home/mailbox.ts";
import type { ClientContext } from "../context.ts";
import { defaultRelay, ensureSelf } from "../invite/ensure_self.ts";
import { RelayStatusError } from "../relay/status_error.ts";
import { inWords, type UpStep } from "./step.ts";

const GONE: ReadonlySet<number> = new Set([403, 404, 410]);

/**
 * A home that has a mailbox keeps it, whatever relay was asked for.
 * @throws {WireError} as ensureSelf, when there is no mailbox and none can be got
 */
export async function mailboxStep(
  context: ClientContext,
  asked: RelayUrl | undefined,
): Promise<readonly [NewMailbox, UpStep]> {
  const before = (await context.home.readRelayState()).self;
  const wasBound = (before?.slot_id ?? "") !== "" || (before?.endpoints ?? []).length > 0;
  const quietly = { ...context, warn: () => undefined }; // the step itself says what was made
  const { mailbox } = await ensureSelf(quietly, {
    relay: asked ?? await defaultRelay(context),
    owner: "wire up",
  });
  const stage = "bind-relay";
  const { relayUrl, slotId } = mailbox;
  const problem = await problemAt(context, mailbox);
  if (problem !== undefined) {
    return [mailbox, { stage, detail: `WARNING ${problem}`, status: "warning" }];
  }
  if (asked !== undefined && asked !== relayUrl) {
    const detail = `WARNING this home keeps its mailbox on ${relayUrl}, not ${asked}; ` +
      `to move: wire bind-relay ${asked}`;
    return [mailbox, { stage, detail, status: "warning" }];
  }
  return [
    mailbox,
    wasBound
      ? { stage, detail: `already bound to ${relayUrl} (slot ${slotId})`, status: "already" }
      : { stage, detail: `bound to ${relayUrl} (slot ${slotId})`, status: "done" },
  ];
}

/** What the relay itself says of the mailbox, if that is not good. */
async function problemAt(
  context: ClientContext,
  { relayUrl, slotId, slotToken }: NewMailbox,
): Promise<string | undefined> {
  try {
    await context.relay(relayUrl).slotState(slotId, slotToken);
    return undefined;
  } catch (error) {
    if (error instanceof RelayStatusError && GONE.has(error.status)) {
      return `${relayUrl} does not know this mailbox any more: ${error.message}; ` +
        `for another: wire bind-relay ${relayUrl}`;
    }
    if (!(error instanceof WireError)) throw error;
    return `bound to ${relayUrl}, which cannot be asked now: ${inWords(error)}`;
  }
}

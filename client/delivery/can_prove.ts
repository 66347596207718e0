/** Whether a peer, or the relay of its mailbox, can give the evidence of a step at all. */
import { WireError } from "../../protocol/errors.ts";
import {
  hasCapability,
  RECEIPTS_CAPABILITY,
  THREAD_CAPABILITY,
} from "../../protocol/identity/capabilities.ts";
import type { Handle } from "../../protocol/ids.ts";
import { type Agent, capabilitiesOf } from "../../protocol/trust/trust.ts";
import type { JournalEntry } from "../../store/mail/delivery_journal.ts";

/** Steps that somebody may wait for. */
export const AWAITED_STEPS = ["stored", "fetched", "received", "read", "answered"] as const;
export type AwaitedStep = typeof AWAITED_STEPS[number];

/** @throws {WireError} refused, before anything is queued */
export function checkCanProve(peer: Handle, agent: Agent | undefined, step: AwaitedStep): void {
  const capabilities = capabilitiesOf(agent);
  const needed = step === "received" || step === "read"
    ? RECEIPTS_CAPABILITY
    : step === "answered"
    ? THREAD_CAPABILITY
    : undefined;
  if (needed === undefined || hasCapability(capabilities, needed)) return;
  if (agent === undefined) {
    throw new WireError("refused", `Cannot wait for ${step}: ${peer} is not paired with us`, {
      hint: "nothing was queued; pair first: wire pair-host, wire invite or wire add",
    });
  }
  const what = step === "answered" ? "name what it answers" : "send receipts";
  throw new WireError(
    "refused",
    `Cannot wait for ${step}: peer cannot ${what} (the card of ${peer} does not name ${needed})`,
    { hint: "nothing was queued; --wait stored needs nothing of the peer" },
  );
}

/**
 * Once a relay has it: whether it, or the peer, will ever say that it was fetched.
 * @throws {WireError} refused; the message stays where it is
 */
export function checkCanTellFetched(
  peer: Handle,
  agent: Agent | undefined,
  entries: readonly JournalEntry[],
): void {
  const stored = entries.find(({ step }) => step === "stored");
  if (stored === undefined || typeof stored.evidence["fetched"] === "boolean") return;
  if (hasCapability(capabilitiesOf(agent), RECEIPTS_CAPABILITY)) return;
  throw new WireError(
    "refused",
    `Cannot wait for fetched: the relay does not say who has read the mailbox of ${peer}, and ` +
      "peer cannot send receipts",
    { hint: "the message is stored there" },
  );
}

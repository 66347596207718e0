/** Looks again at what was not accepted, by the trust of now. */
import { WireError } from "../../protocol/errors.ts";
import { parseEvent, type WireEvent } from "../../protocol/event/event.ts";
import type { Recipient } from "../../protocol/event/verify.ts";
import type { Handle } from "../../protocol/ids.ts";
import type { TrustStore } from "../../protocol/trust/trust.ts";
import { judge } from "./judge.ts";

export type Explained =
  | { readonly tag: "accepted"; readonly sender: Handle; readonly event: WireEvent }
  | { readonly tag: "refused"; readonly reason: string };

/** @param text a quarantine record's: the event as it came, or whatever came instead */
export function explain(text: string, trust: TrustStore, recipient: Recipient): Explained {
  let event: WireEvent;
  try {
    event = parseEvent(text);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return { tag: "refused", reason: error.message };
  }
  const judged = judge(event, trust, recipient);
  return judged.tag === "accepted"
    ? { tag: "accepted", sender: judged.sender, event }
    : { tag: "refused", reason: judged.rejected.reason };
}

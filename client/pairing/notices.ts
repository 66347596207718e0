/**
 * Desktop notifications of detached pairings. They never hold a command that confirms by itself.
 * See docs/protocol/pairing.md §11.7.
 */
import type { PairNotice } from "../../protocol/pairing/pair_event.ts";
import type { PendingPair } from "../../protocol/pairing/pending_pair.ts";
import { displaySas } from "../../protocol/pairing/sas.ts";

export interface Notification {
  readonly title: string;
  readonly body: string;
}

/**
 * @param record as it stands after the step
 * @param peerDid once it is known
 */
export function notification(
  notice: PairNotice,
  record: PendingPair,
  peerDid: string | undefined,
): Notification {
  const { code } = record;
  switch (notice) {
    case "digits":
      return {
        title: `wire — pair SAS ready (${code})`,
        body: `Digits: ${displaySas(record.sas ?? "")}\nCompare with peer, then:\n` +
          `wire pair-confirm ${code} <digits on the peer's screen>`,
      };
    case "paired":
      return {
        title: `wire — paired (${code})`,
        body: `Peer: ${peerDid ?? "?"}\n\`wire peers\` to confirm.`,
      };
    case "aborted":
      return {
        title: `wire — pair aborted (${code})`,
        body: record.last_error ?? "(no detail)",
      };
    case "restart":
      return {
        title: `wire — pair aborted on restart (${code})`,
        body: "Daemon restarted mid-handshake. Re-issue: wire pair-host --detach",
      };
  }
}

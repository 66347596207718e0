/**
 * Desktop notifications of pairings of the form pair/2. They name the number of the code and never
 * its words, and never hold a command that confirms by itself. See docs/protocol/extensions.md §10.
 */
import type { Notice2 } from "../../protocol/pair2/event.ts";
import type { Pair2State } from "../../protocol/pair2/state.ts";
import { displaySas } from "../../protocol/pairing/sas.ts";
import type { Notification } from "../pairing/notices.ts";
import { nameplateOf } from "./records.ts";

/** @param state after the step */
export function notification2(notice: Notice2, state: Pair2State): Notification {
  const number = nameplateOf(state) ?? "…";
  const peer = "peerDid" in state ? state.peerDid : "?";
  switch (notice) {
    case "digits": {
      const sas = "sas" in state ? displaySas(state.sas) : "?";
      return {
        title: `wire — pair SAS ready (${number})`,
        body: `Digits: ${sas}\nCompare with peer, then:\n` +
          `wire pair-confirm ${number} <digits on the peer's screen>`,
      };
    }
    case "reopened":
      return {
        title: `wire — pair code opened anew (${number})`,
        body: "Somebody came and did not go on. Your peer can join with the same code.",
      };
    case "waiting_for_other_side":
      return {
        title: `wire — waiting for the other side to finish (${number})`,
        body: `Peer: ${peer}\nIt is verified once it says that it holds your card.`,
      };
    case "verified":
      return {
        title: `wire — paired (${number})`,
        body: `Peer: ${peer}\n\`wire peers\` to confirm.`,
      };
    case "ended":
      return {
        title: `wire — pair aborted (${number})`,
        body: state.tag === "ended" ? state.error : "(no detail)",
      };
  }
}
